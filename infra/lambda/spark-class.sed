# Makes Spark's `spark-class` work where there is no /dev/fd, as on Lambda: the command of the JVM comes by a file.
s|^set +o posix$|&\nLAUNCH=$(mktemp)\nbuild_command "$@" > "$LAUNCH"|
s|^done < <(build_command "$@")$|done < "$LAUNCH"\nrm -f "$LAUNCH"|
