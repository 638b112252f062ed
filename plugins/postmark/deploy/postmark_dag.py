"""Reads Postmark into files every hour.

The token is the password of Airflow's connection "postmark". To write to a Singer target instead, use --to, so that a
failure of the target fails the task.
"""

from datetime import datetime, timedelta

from airflow import DAG
from airflow.operators.bash import BashOperator

with DAG(
    dag_id="postmark",
    schedule="17 * * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
):
    BashOperator(
        task_id="read",
        bash_command=(
            "tapster read postmark --config /etc/tapster/postmark.json"
            " --state-file /var/lib/tapster/postmark/state.json --output /var/lib/tapster/postmark/data"
        ),
        env={"POSTMARK_SERVER_TOKEN": "{{ conn.postmark.password }}"},
        append_env=True,
    )
