"""Users of each role, for tests that sign in."""

from functools import cache

from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group, User

from ahgd_ops.access.roles import ensure_groups

PASSWORD = "correct-Horse-9"


def person(role: str = "Viewer", name: str = "", **fields: bool) -> User:
    """A user with the permissions of ``role``: Viewer, Operator or Administrator."""
    ensure_groups(apps)  # tests on real transactions empty the tables that the migration filled
    user = User.objects.create(username=name or role.lower(), password=_hashed(), **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


def superuser(name: str = "admin") -> User:
    return User.objects.create(username=name, password=_hashed(), is_staff=True, is_superuser=True)


@cache
def _hashed() -> str:
    """Hashing is slow on purpose."""
    return make_password(PASSWORD)
