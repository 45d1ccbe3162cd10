"""The catalogue's part about models that write code: what they refuse, what fails on the way, and what is used up."""

from __future__ import annotations

from connections.error_kinds import ErrorKind

MODELS: dict[str, ErrorKind] = {
    "MODEL_ACCESS_DENIED": ErrorKind(
        "The portal may not use the model {model}.",
        "Switch on access to it in Amazon Bedrock, and allow bedrock:InvokeModel and "
        "bedrock:InvokeModelWithResponseStream on its profile and models to the portal's role.",
        status=502,
    ),
    "MODEL_NOT_FOUND": ErrorKind(
        "The model {model} does not exist here, or is retired.",
        "Whoever runs the portal should put a present model or inference profile into its settings.",
        status=502,
    ),
    "MODEL_BUSY": ErrorKind(
        "The model {model} takes no more requests at the moment.",
        "Generate again in a minute. Nothing was charged.",
        retryable=True,
        status=503,
    ),
    "MODEL_UNREACHABLE": ErrorKind(
        "The service of the model {model} cannot be reached.",
        "Check the portal's network and the address and region in its settings. Nothing was charged.",
        retryable=True,
        status=502,
    ),
    "MODEL_TIMEOUT": ErrorKind(
        "The model {model} did not answer in time.",
        "Generate again, or choose a faster model. The call is not repeated by itself, because it may be charged.",
        retryable=True,
        status=504,
    ),
    "MODEL_STREAM_CUT": ErrorKind(
        "The answer of the model {model} broke off in the middle.",
        "Generate again. The call is not repeated by itself, because it may be charged.",
        retryable=True,
        status=502,
    ),
    "MODEL_FAILED": ErrorKind(
        "The model {model} failed while it wrote the answer.",
        "Generate again. If it stays, choose another model.",
        retryable=True,
        status=502,
    ),
    "MODEL_REQUEST_REFUSED": ErrorKind(
        "The service of the model {model} does not accept the portal's request ({reason}).",
        "Choose another model, and tell whoever runs the portal.",
        status=502,
    ),
    "MODEL_ANSWER_CUT": ErrorKind(
        "The answer of the model {model} was too long and was cut off, also with more room.",
        "Ask for less at once, or raise PGSPARK_MODEL_MAX_TOKENS.",
    ),
    "MODEL_ANSWER_UNUSABLE": ErrorKind(
        "The model {model} answered twice in a form that holds no code.",
        "Generate again, put the question differently, or choose another model.",
        retryable=True,
    ),
    "MODEL_DECLINED": ErrorKind(
        "The model {model} wrote no code. It said: {words}",
        "Put the question differently, or choose another model.",
    ),
    "MODEL_FILTERED": ErrorKind(
        "The content filter of the model {model} stopped the answer.",
        "Put the question differently; look for names or notes that the filter may mistake.",
    ),
    "MODEL_GUARDRAIL": ErrorKind(
        "A guardrail of your organisation stopped the answer.",
        "Put the question differently, or ask whoever looks after the guardrail.",
    ),
    "MODEL_CONTEXT_TOO_LARGE": ErrorKind(
        "The question and the picked tables are too much for the model {model}.",
        "Remove tables that the question does not need, or lower PGSPARK_CONTEXT_TOKENS.",
    ),
    "TOKEN_QUOTA_USED": ErrorKind(
        "Your {limit} tokens of today are used up.",
        "They are counted anew from midnight ({zone}). Until then edit the code by hand, or use the built-in rules.",
        status=429,
    ),
    "CALLS_USED_UP": ErrorKind(
        "This version has made its {limit} calls of a model without coming to an end.",
        "Workers may have been stopped while it was written. Generate again.",
    ),
    "GENERATION_TIMEOUT": ErrorKind(
        "Writing the code took longer than {seconds} s and was stopped.",
        "Generate again, ask for less at once, or choose a faster model.",
        retryable=True,
        status=504,
    ),
    # Changing code
    "NOTHING_TO_CHANGE": ErrorKind(
        "There is no code yet that could be changed.",
        "Generate a first version, or write one.",
        status=409,
    ),
    "CHANGE_NOT_OPEN": ErrorKind(
        "Version {number} is not a change that waits for an answer.",
        "It was accepted or rejected before, or is still being written. Look at the page again.",
        status=409,
    ),
    "CHANGE_NOT_ACCEPTED": ErrorKind(
        "Version {number} is a change that nobody has accepted.",
        "Look at what it changes and accept it, then run it.",
        status=409,
    ),
    "RUN_NOT_REPAIRABLE": ErrorKind(
        "There is nothing to fix in the code of this run.",
        "Only a run that failed can be fixed; look at its page for the cause.",
        status=409,
    ),
    # Automatic repair
    "REPAIR_NOT_OF_CODE": ErrorKind(
        "The code is not to blame for this failure, so nothing was repaired.",
        "Do what helps against the cause, then run again.",
        status=409,
    ),
    "REPAIRS_USED_UP": ErrorKind(
        "The code was repaired {count} time(s) and failed again; no more was allowed.",
        "Look at the cause, change the code yourself, or put the question differently.",
        status=409,
    ),
    "REPAIR_OTHER_SOURCES": ErrorKind(
        "Other tables are picked now than the run read, so nothing was repaired.",
        "What was allowed by itself was a run of those. Fix the code with AI or by hand, and run it.",
        status=409,
    ),
    "REPAIR_REFUSED": ErrorKind(
        "The checks refuse the repaired code ({count} blocking finding(s)), so it was not run.",
        "Look at the change and what is wrong with it; it waits for your answer.",
        status=409,
    ),
    "REPAIR_UNCHANGED": ErrorKind(
        "The model changed nothing in the code, so it was not run again.",
        "Look at the cause, change the code yourself, or put the question differently.",
        status=409,
    ),
    "REPAIR_OVER": ErrorKind(
        "There is no automatic repair of this run to stop.",
        "It was never asked for, or it has ended. What it started can be cancelled there.",
        status=409,
    ),
    "NO_MODEL_OFFERED": ErrorKind(
        "No model is set up that could do this.",
        "Whoever runs the portal can set one up (PGSPARK_GENERATORS). Until then, edit the code by hand.",
        status=409,
    ),
}
