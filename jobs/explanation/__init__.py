"""What a version's code does, told without a model: from the facts that its rehearsal stored (`CodeVersion.rehearsal`).

steps.py      the stored steps, with what is known of their sources, joins and filters
sentences.py  the same in words
boxes.py      and as boxes; folding.py keeps large plans small, drawing.py gives everything its place
columns.py    where each column of the result comes from
explain.py    all of it for one version: what pages and the API call
"""
