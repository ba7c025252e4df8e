"""The benchmark suite behind script/bench: Python 3.11, standard library only (matplotlib where --chart is given).

`command_line.py` is the way in. `plans.py` says what is measured and `results.py` what is wanted; `rounds.py` lets the
contestants take turns, `contestants.py` names them, `servers.py` and `bookings.py` measure one, `document.py` writes
down what came out. `counts.py` is the mode --check, `system.py` what all of them need of the machine.
"""
