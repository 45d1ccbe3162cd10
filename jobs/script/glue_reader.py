"""The reader of a Glue table, as text of the script: by the catalogue that the engine has, under its own name."""

from __future__ import annotations

from dataclasses import dataclass

from jobs.script.quoting import comments, spark_name


@dataclass(frozen=True, slots=True)
class GlueSource:
    """A table of the Glue Catalog; `alias` is a valid Python name."""

    alias: str
    database: str
    table: str

    parts = ()
    sentence = "through the Glue Catalog"

    def reader(self) -> str:
        name = f"{spark_name(self.database)}.{spark_name(self.table)}"
        return "\n".join(
            [
                f"def _read_{self.alias}(spark):",
                f"    # {f'{self.database}.{self.table}'!r}",
                *comments([self.sentence]),
                f"    return spark.table({name!r})",
                "",
            ]
        )
