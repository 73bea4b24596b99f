"""The yardstick: one small row, the ordinary way, on the same engine, key and pragmas."""

from __future__ import annotations

import sys

from fastapi import FastAPI
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import Column, Engine, Integer, MetaData, String, Table, insert

from benchmarks.places import place_from
from benchmarks.serving import serve
from hat_clinic.store.engine import open_engine

metadata = MetaData()
bare_row = Table("bare_row", metadata, Column("id", Integer, primary_key=True), Column("text", String(200)))


class Row(BaseModel):
    model_config = ConfigDict(strict=True, extra="forbid")
    text: str = Field(min_length=200, max_length=200)


def create_app(engine: Engine) -> FastAPI:
    metadata.create_all(engine)
    app = FastAPI()

    @app.post("/rows", status_code=201)
    def add(row: Row) -> Row:
        with engine.begin() as connection:
            connection.execute(insert(bare_row).values(text=row.text))
        return row

    return app


if __name__ == "__main__":
    serve(create_app(open_engine(place_from(sys.argv[1]), kept=16)))
