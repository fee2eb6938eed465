"""The grader: draws cases, runs both sides in players, judges what they observed."""
