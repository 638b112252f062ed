"""Reads Postmark into files every hour. For Airflow 2.6 and later, and Airflow 3.

The token is the password of Airflow's connection "postmark". To write to a Singer target instead, use --to, so that a
failure of the target fails the task.
"""

from datetime import datetime, timedelta

from airflow.exceptions import AirflowFailException, AirflowSkipException

try:  # Airflow 3
    from airflow.providers.standard.operators.bash import BashOperator
    from airflow.sdk import DAG
except ImportError:  # Airflow 2
    from airflow import DAG
    from airflow.operators.bash import BashOperator


class TapsterOperator(BashOperator):
    """Fails without a retry, instead of being skipped, after the exit codes of skip_on_exit_code."""

    def execute(self, context):
        try:
            return super().execute(context)
        except AirflowSkipException as error:
            raise AirflowFailException("another attempt would fail too; see the last line of tapster's log") from error


with DAG(
    dag_id="postmark",
    schedule="17 * * * *",
    start_date=datetime(2026, 1, 1),
    catchup=False,
    max_active_runs=1,
    default_args={"retries": 2, "retry_delay": timedelta(minutes=5)},
):
    TapsterOperator(
        task_id="read",
        bash_command=(
            "tapster read postmark --config /etc/tapster/postmark.json"
            " --state-file /var/lib/tapster/postmark/state.json --output /var/lib/tapster/postmark/data"
        ),
        env={"POSTMARK_SERVER_TOKEN": "{{ conn.postmark.password }}"},
        append_env=True,
        skip_on_exit_code=[2, 3],  # config or state, and credentials: a person must change them
    )
