"""The engine: graph, layers, compiler, data, training and probes. No Qt; complete without a display.

Says before torch is loaded how its threads wait for each other: after a short spin they sleep. Spinning for long (the default of
GNU's OpenMP) makes a training on all cores 10 to 50 times slower as soon as any other program, or our own window, needs one of them.
"""

import os

os.environ.setdefault("GOMP_SPINCOUNT", "1000")
