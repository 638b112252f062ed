"""Reads Postmark with eight tasks, on all workers of Airflow, every night. For Airflow 2.6 and later, and Airflow 3.

All workers can write to the folder. One task plans, eight read a shard each, one merges their states. The sync is in the
folder run: the plan, and of each shard the state and the rows in data/1 to data/8. If all of it was read, the merge
replaces state.json and gives run the time as its name. Otherwise the next run of the DAG continues with the same plan.

The token is the password of Airflow's connection "postmark".
"""

from datetime import datetime, timedelta

from airflow.exceptions import AirflowFailException, AirflowSkipException

try:  # Airflow 3
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator

FOLDER = "/var/lib/tapster/postmark"
CONFIG = "--config /etc/tapster/postmark.json"
SHARDS = 8


class TapsterOperator(BashOperator):
    """Fails without a retry, instead of being skipped, after the exit codes of skip_on_exit_code."""

    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowSkipException as error:
            raise AirflowFailException("another attempt would fail too; see the last line of tapster's log") from error


common = {
    "env": {"POSTMARK_SERVER_TOKEN": "{{ conn.postmark.password }}"},
    "append_env": True,
    "skip_on_exit_code": [2, 3],  # config or state, and credentials: a person must change them
}

with DAG(
    dag_id="postmark_shards",
    schedule="17 3 * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
):
    plan = TapsterOperator(
        task_id="plan",
        bash_command=(
            f"mkdir -p {FOLDER}/run && cd {FOLDER}/run && {{ [ -e plan.jsonl ] ||"
            f" tapster plan postmark {CONFIG} --state-file ../state.json --output plan.jsonl; }}"
        ),
        **common,
    )
    read = TapsterOperator.partial(task_id="read", **common).expand(
        bash_command=[
            f"cd {FOLDER}/run && tapster read postmark {CONFIG} --plan plan.jsonl --shard {shard}/{SHARDS}"
            f" --state-file state-{shard}.json --output data/{shard}"
            for shard in range(1, SHARDS + 1)
        ]
    )
    merge = TapsterOperator(
        task_id="merge",
        bash_command=(
            f"cd {FOLDER}/run && tapster state merge plan.jsonl state-*.json {CONFIG} --state-file ../state.json &&"
            ' mv ../run "../$(date -u +%Y%m%dT%H%M%SZ)"'
        ),
        **common,
    )
    plan >> read >> merge
