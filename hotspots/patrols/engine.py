"""The engine that works out who was where: DuckDB inside this process, or a Spark cluster by URL."""

from __future__ import annotations

import tempfile
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from hotspots.base.choices import DEFAULT_ENGINE
from hotspots.base.errors import HotspotsError

SPARK_LOCAL = "spark-local"
MEMORY = "1GB"  # what DuckDB may use before it goes to the disk; the working set of a day of a large force is 0.3 GB


@contextmanager
def engine(url: str = DEFAULT_ENGINE) -> Iterator[Any]:
    """An Ibis backend: ``duckdb://``, ``spark://HOST:PORT`` or ``spark-local`` (Spark within this machine).

    HotspotsError for another URL, and where Spark is not installed or does not answer.
    """
    if url == DEFAULT_ENGINE:
        with duckdb_engine() as backend:
            yield backend
    elif url == SPARK_LOCAL or url.startswith("spark://"):
        with spark_engine(url) as backend:
            yield backend
    else:
        raise HotspotsError(f"Engine '{url[:60]}' is not known: give duckdb://, spark://HOST:PORT or spark-local.")


@contextmanager
def duckdb_engine() -> Iterator[Any]:
    """DuckDB in memory, spilling into a folder of its own that goes with it."""
    import ibis

    with tempfile.TemporaryDirectory(prefix="hotspots-") as scratch:
        backend = ibis.duckdb.connect(
            ":memory:", temp_directory=scratch, memory_limit=MEMORY, preserve_insertion_order=False
        )
        try:
            backend.raw_sql("SET autoinstall_known_extensions = false")  # nothing is fetched, ever
            backend.raw_sql("SET autoload_known_extensions = false")
            yield backend
        finally:
            backend.disconnect()


@contextmanager
def spark_engine(url: str) -> Iterator[Any]:
    """A Spark session in UTC; the one that runs in this process already is used, and left running, if there is one."""
    try:
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise HotspotsError(
            "Spark is not installed. Install it with: pip install -r requirements-spark.txt (it needs Java 17 too),"
            " or leave --engine out."
        ) from error
    import ibis

    running = SparkSession.getActiveSession()
    try:
        session = running or built(SparkSession, url)
        backend = ibis.pyspark.connect(session)
    except Exception as error:  # pyspark raises whatever its Java side said
        raise HotspotsError(
            f"Spark at {url} does not answer ({str(error).splitlines()[0][:120]}). Is Java 17 installed, and is the"
            " cluster running?"
        ) from error
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="PySpark does not yet fully support pandas")
            yield backend
    finally:
        if running is None:
            session.stop()


def built(builder: Any, url: str) -> Any:
    """A new session: quiet, in UTC, and on this machine alone where no cluster was named."""
    local = url == SPARK_LOCAL
    asked = builder.builder.appName("hotspots").master("local[*]" if local else url)
    facts = {
        "spark.sql.session.timeZone": "UTC", "spark.ui.enabled": "false", "spark.ui.showConsoleProgress": "false",
        "spark.log.level": "ERROR",
    }  # fmt: skip
    if local:
        facts |= {
            "spark.driver.bindAddress": "127.0.0.1", "spark.driver.host": "127.0.0.1", "spark.driver.memory": "2g",
            "spark.sql.shuffle.partitions": "4",
        }  # fmt: skip
    for name, value in facts.items():
        asked = asked.config(name, value)
    return asked.getOrCreate()


def read_files(backend: Any, files: Sequence[Path]) -> Any:
    """The Parquet files as one Ibis table."""
    paths = [str(f) for f in files]
    if backend.name != "pyspark":
        return backend.read_parquet(paths)
    from uuid import uuid4

    name = f"positions_{uuid4().hex[:8]}"
    backend._session.read.parquet(*paths).createOrReplaceTempView(name)
    return backend.table(name)


def small_table(backend: Any, columns: dict[str, Sequence[int]]) -> Any:
    """A little table of whole numbers, on the engine."""
    from uuid import uuid4

    name = f"small_{uuid4().hex[:8]}"
    if backend.name != "pyspark":
        import pyarrow as pa

        table = pa.table({c: pa.array(list(v), pa.int64()) for c, v in columns.items()})
        return backend.create_table(name, table, temp=True)
    rows = list(zip(*([int(x) for x in v] for v in columns.values()), strict=True))
    shape = ", ".join(f"{c} long" for c in columns)
    backend._session.createDataFrame(rows, schema=shape).createOrReplaceTempView(name)
    return backend.table(name)
