"""Judgement: rules over facts, alerts with a life, and notifications that reach people."""
