"""What a history tells about the learner: weak topics, mistakes made again, what is to come."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from typing import Any

from drill.cli.history import Answer, Attempt, History, stamp
from drill.cli.schedule import Moment, Standing, by_drill, local_day, turns
from drill.grader.catalog import Drill

FORECAST_DAYS = 28
LEAST_ATTEMPTS = 3  # of a topic, before its share of failures says anything


def insights(
    history: History,
    moments: Iterable[Moment],
    standings: Mapping[str, Standing],
    drills: Mapping[str, Drill],
    sections: Mapping[str, str],
    today: date,
) -> dict[str, Any]:
    """The part of the report's document that goes beyond counts; plain data.

    `sections` are those of the quiz cards, by id.
    """
    attempts = [one for one in history.attempts if one.in_workspace]
    return {
        "weak_topics": weak_topics(attempts, drills),
        "mistakes": mistakes(attempts),
        "days": days(attempts),
        "times": times(moments, drills),
        "forecast": forecast(standings.values(), today),
        "rounds": rounds(history),
        "quiz": quizzed(history.answers, sections),
        "speeds": speeds(attempts),
    }


def weak_topics(attempts: Iterable[Attempt], drills: Mapping[str, Drill]) -> list[dict[str, Any]]:
    """Topics by the share of gradings that failed, the weakest first."""
    graded: Counter[str] = Counter()
    failed: Counter[str] = Counter()
    for attempt in attempts:
        if attempt.drill in drills:
            topic = drills[attempt.drill].topic
            graded[topic] += 1
            failed[topic] += attempt.status != "passed"
    rows = [
        {"topic": topic, "attempts": count, "failed": failed[topic]}
        for topic, count in graded.items()
        if count >= LEAST_ATTEMPTS and failed[topic]
    ]
    return sorted(rows, key=lambda row: (-row["failed"] / row["attempts"], row["topic"]))


def mistakes(attempts: Iterable[Attempt]) -> list[dict[str, Any]]:
    """The mistakes that were named, those made in most drills and most often first."""
    seen: dict[str, list[Attempt]] = defaultdict(list)
    for attempt in attempts:
        failure = attempt.verdict.failure
        if failure and failure.diagnosis:
            seen[failure.diagnosis].append(attempt)
    rows = [
        {
            "says": says,
            "times": len(made),
            "drills": sorted({one.drill for one in made}),
            "last": stamp(max(one.at for one in made)),
        }
        for says, made in seen.items()
    ]
    return sorted(rows, key=lambda row: (-len(row["drills"]), -row["times"], row["says"]))


def days(attempts: Iterable[Attempt]) -> list[dict[str, Any]]:
    """How many gradings there were on each day, and how many drills were passed for the first
    time."""
    graded: Counter[date] = Counter()
    first: dict[str, date] = {}
    for attempt in sorted(attempts, key=lambda one: one.at):
        day = local_day(attempt.at)
        graded[day] += 1
        if attempt.status == "passed":
            first.setdefault(attempt.drill, day)
    passed = Counter(first.values())
    return [
        {"day": day.isoformat(), "attempts": graded[day], "passed": passed[day]}
        for day in sorted(graded)
    ]


def times(moments: Iterable[Moment], drills: Mapping[str, Drill]) -> list[dict[str, Any]]:
    """Each pass whose time is known: the minutes it took, and those it was given."""
    found = []
    for id, own in by_drill(moments).items():
        for number, (turn, passed) in enumerate(turns(own)):
            if passed and turn.timed and id in drills:
                took = round(turn.spent / timedelta(minutes=1), 1)
                row = {"drill": id, "at": stamp(turn.last), "review": number > 0}
                found.append({**row, "minutes": took, "given": drills[id].minutes})
    return sorted(found, key=lambda row: (row["at"], row["drill"]))


def forecast(standings: Iterable[Standing], today: date) -> list[dict[str, Any]]:
    """How many reviews fall due on each of the next days; what is overdue is due today."""
    due = Counter(
        max(local_day(one.due), today) for one in standings if one.due and not one.reviewing
    )
    following = (today + timedelta(days=ahead) for ahead in range(FORECAST_DAYS))
    return [{"day": day.isoformat(), "due": due[day]} for day in following]


def rounds(history: History) -> list[dict[str, Any]]:
    """The timed rounds that were scored, oldest first."""
    begun = {one.uid: one for one in history.rounds}
    return [
        {
            "began": stamp(begun[end.round].at),
            "minutes": begun[end.round].plan.minutes,
            "seed": begun[end.round].plan.seed,
            "drills": list(begun[end.round].plan.drills),
            "design": begun[end.round].plan.design or None,
            "passed": sum(row["passed_after"] is not None for row in end.card.get("results", ())),
            "score": end.card["score"],
            "signal": end.card["signal"],
        }
        for end in history.round_ends
        if end.round in begun
    ]


def speeds(attempts: Iterable[Attempt]) -> list[dict[str, Any]]:
    """Each time that was measured against the reference's, oldest first."""
    found = []
    for attempt in attempts:
        speed = attempt.verdict.speed or {}
        facts = {key: speed.get(key) for key in ("ratio", "low", "high")}
        if all(isinstance(fact, int | float) for fact in facts.values()):
            found.append({"drill": attempt.drill, "at": stamp(attempt.at), **facts})
    return found


def quizzed(answers: Iterable[Answer], sections: Mapping[str, str]) -> list[dict[str, Any]]:
    """Each section of the quiz: its questions, how many were answered, and the points made and to
    be made when each was answered last."""
    last = {answer.card: answer for answer in answers if answer.card in sections}
    rows = []
    for section, questions in Counter(sections.values()).items():
        own = [answer for id, answer in last.items() if sections[id] == section]
        made, points = sum(one.made for one in own), sum(one.points for one in own)
        row = {"section": section, "questions": questions, "answered": len(own)}
        rows.append({**row, "made": made, "points": points})
    return rows
