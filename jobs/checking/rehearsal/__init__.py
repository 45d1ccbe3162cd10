"""The rehearsal: `transform` is called with empty frames in a warm, confined Spark, and its plan is read.

client.py       asks for a rehearsal, and starts the keeper where there is none
answers.py      what comes back, cut to known shapes; error_words.py and verdict.py make findings of it
keeper.py       a process of its own, outside: one for each machine; sandbox.py is the Spark that it keeps
confinement.py  what is seen inside; jobs/confinement sees to it
inside/         runs in confinement: nothing there may import from outside of this package
"""
