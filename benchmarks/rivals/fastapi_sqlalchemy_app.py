"""What a team writes on a Tuesday: FastAPI, SQLAlchemy's async ORM, sessions in a table.

GET /me     bearer token -> digest -> session joined with its user -> response model

python -m benchmarks.rivals.fastapi_sqlalchemy_app     makes the tables, a user and sessions
"""

from __future__ import annotations

import asyncio
import datetime as dt
import hashlib
import json
import os
import secrets
import uuid
from collections.abc import AsyncGenerator
from typing import Annotated

from fastapi import Depends, FastAPI, HTTPException
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel, ConfigDict
from sqlalchemy import ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from sqlalchemy.types import DateTime

engine = create_async_engine(os.environ["BENCH_DATABASE"], pool_size=20)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(Base):
    __tablename__ = "users"
    id: Mapped[uuid.UUID] = mapped_column(primary_key=True, default=uuid.uuid4)
    email: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    active: Mapped[bool] = mapped_column(default=True)
    verified: Mapped[bool] = mapped_column(default=True)


class LoginSession(Base):
    __tablename__ = "login_sessions"
    digest: Mapped[bytes] = mapped_column(primary_key=True)
    user_id: Mapped[uuid.UUID] = mapped_column(ForeignKey("users.id"))
    expires_at: Mapped[dt.datetime] = mapped_column(DateTime(timezone=True))


class UserOut(BaseModel):
    model_config = ConfigDict(from_attributes=True)
    id: uuid.UUID
    email: str
    name: str
    verified: bool


async def database_session() -> AsyncGenerator[AsyncSession, None]:
    async with new_session() as session:
        yield session


def digest_of(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def current_user(
    bearer: Annotated[HTTPAuthorizationCredentials, Depends(HTTPBearer())],
    session: Annotated[AsyncSession, Depends(database_session)],
) -> User:
    found = await session.execute(
        select(User)
        .join(LoginSession, LoginSession.user_id == User.id)
        .where(
            LoginSession.digest == digest_of(bearer.credentials),
            LoginSession.expires_at > dt.datetime.now(dt.UTC),
            User.active,
        )
    )
    user = found.scalar_one_or_none()
    if user is None:
        raise HTTPException(401)
    return user


app = FastAPI()


@app.get("/me")
async def me(user: Annotated[User, Depends(current_user)]) -> UserOut:
    return UserOut.model_validate(user)


async def seed(sessions: int = 64) -> dict[str, object]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    tokens = [secrets.token_urlsafe() for _ in range(sessions)]
    tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
    async with new_session() as session:
        alice = User(email="alice@example.org", name="Alice Martin")
        session.add(alice)
        await session.flush()
        session.add_all(
            LoginSession(digest=digest_of(token), user_id=alice.id, expires_at=tomorrow)
            for token in tokens
        )
        await session.commit()
    await engine.dispose()
    return {"tokens": tokens}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(seed())))
