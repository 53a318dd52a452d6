"""Users of each role, for tests that sign in."""

from django.apps import apps
from django.contrib.auth.models import Group, User

from ahgd_ops.access.roles import ensure_groups

PASSWORD = "correct-Horse-9"


def person(role: str = "Viewer", name: str = "", **fields: bool) -> User:
    """A user with the permissions of ``role``: Viewer, Operator or Administrator."""
    ensure_groups(apps)  # tests on real transactions empty the tables that the migration filled
    user = User.objects.create_user(name or role.lower(), password=PASSWORD, **fields)
    user.groups.add(Group.objects.get(name=role))
    return user


def superuser(name: str = "admin") -> User:
    return User.objects.create_superuser(name, password=PASSWORD)
