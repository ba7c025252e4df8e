"""The benchmark suite behind script/bench: Python 3.11, standard library only.

`command_line.py` is the way in, `plans.py` says what is measured, `targets.py` what is wanted,
`rounds.py` lets the contestants take turns, and `document.py` writes down what came out.
"""
