"""Reasons without a seat bear the names that the rules have in the optimizer's format, in all stored runs."""

from alembic import op

revision = "0014"
down_revision = "0013"

_NAMES = {"not-eligible": "ban", "busy": "clash.busy", "full": "size"}


def _rename(names: dict[str, str]) -> None:
    for old, new in names.items():
        op.execute(f"UPDATE run_need SET reason = '{new}' WHERE reason = '{old}'")
        op.execute(
            f"""
            UPDATE run_need SET blocks = (
                SELECT jsonb_agg(CASE WHEN block ->> 'code' = '{old}'
                    THEN jsonb_set(block, '{{code}}', '"{new}"') ELSE block END ORDER BY place)
                FROM jsonb_array_elements(blocks) WITH ORDINALITY AS each (block, place))
            WHERE blocks @> '[{{"code": "{old}"}}]'
            """
        )


def upgrade() -> None:
    _rename(_NAMES)


def downgrade() -> None:
    _rename({new: old for old, new in _NAMES.items()})
