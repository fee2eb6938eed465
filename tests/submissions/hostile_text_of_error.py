# verdict: error
# says: It can't be imported.*RuntimeError
# check: loads
raise RuntimeError("\x1b[2J\x1b]0;passed\x07 \u202e passed \x00\r")
