"""fastapi-users with its database strategy, on PostgreSQL: the direct rival in Python.

Written as its documentation writes it (SQLAlchemy asyncpg, bearer transport, DatabaseStrategy);
`GET /users/me` is its session check and `POST /auth/login` its sign-in.

    python -m benchmarks.rivals.fastapi_users_app     makes the tables, an account and its sessions
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import uuid
from collections.abc import AsyncGenerator
from typing import Annotated, Any

from fastapi import Depends, FastAPI
from fastapi_users import BaseUserManager, FastAPIUsers, UUIDIDMixin, schemas
from fastapi_users.authentication import AuthenticationBackend, BearerTransport
from fastapi_users.authentication.strategy.db import AccessTokenDatabase, DatabaseStrategy
from fastapi_users.db import SQLAlchemyBaseUserTableUUID, SQLAlchemyUserDatabase
from fastapi_users.password import PasswordHelper
from fastapi_users_db_sqlalchemy.access_token import (
    SQLAlchemyAccessTokenDatabase,
    SQLAlchemyBaseAccessTokenTableUUID,
)
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase

EMAIL, PASSWORD = "alice@example.org", "a quiet harbour at dawn, seen"

engine = create_async_engine(os.environ["BENCH_DATABASE"], pool_size=20)
new_session = async_sessionmaker(engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class User(SQLAlchemyBaseUserTableUUID, Base):
    pass


class AccessToken(SQLAlchemyBaseAccessTokenTableUUID, Base):
    pass


class UserRead(schemas.BaseUser[uuid.UUID]):
    pass


class UserManager(UUIDIDMixin, BaseUserManager[User, uuid.UUID]):
    pass


async def database_session() -> AsyncGenerator[AsyncSession, None]:
    async with new_session() as session:
        yield session


async def user_database(
    session: Annotated[AsyncSession, Depends(database_session)],
) -> AsyncGenerator[Any, None]:
    yield SQLAlchemyUserDatabase(session, User)


async def token_database(
    session: Annotated[AsyncSession, Depends(database_session)],
) -> AsyncGenerator[Any, None]:
    yield SQLAlchemyAccessTokenDatabase(session, AccessToken)


async def user_manager(
    users: Annotated[Any, Depends(user_database)],
) -> AsyncGenerator[UserManager, None]:
    yield UserManager(users)


def strategy(
    tokens: Annotated[AccessTokenDatabase[AccessToken], Depends(token_database)],
) -> DatabaseStrategy[User, uuid.UUID, AccessToken]:
    return DatabaseStrategy(tokens, lifetime_seconds=86400)


backend = AuthenticationBackend(
    name="database", transport=BearerTransport(tokenUrl="auth/login"), get_strategy=strategy
)
fastapi_users = FastAPIUsers[User, uuid.UUID](user_manager, [backend])
current_user = fastapi_users.current_user(active=True)

app = FastAPI()
app.include_router(fastapi_users.get_auth_router(backend), prefix="/auth")


@app.get("/users/me", response_model=UserRead)
async def me(user: Annotated[User, Depends(current_user)]) -> User:
    return user


async def seed(sessions: int = 64) -> dict[str, object]:
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    alice = User(email=EMAIL, hashed_password=PasswordHelper().hash(PASSWORD), is_verified=True)
    async with new_session() as session:
        session.add(alice)
        await session.flush()
        tokens = [secrets.token_urlsafe() for _ in range(sessions)]
        session.add_all(AccessToken(token=token, user_id=alice.id) for token in tokens)
        await session.commit()
    await engine.dispose()
    return {"email": EMAIL, "password": PASSWORD, "tokens": tokens}


if __name__ == "__main__":
    print(json.dumps(asyncio.run(seed())))
