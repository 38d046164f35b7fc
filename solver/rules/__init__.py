"""The rules of a plan: one file a rule, by what each looks at; `table.py` lists them in the order of the format.

A rule knows its rows (for the optimizer), its constraints (for conflicts), the obstacles that it sets to one more
seat, the smallest change that would let the seat in, and its price. `solver/check.py` shares nothing with this.
"""
