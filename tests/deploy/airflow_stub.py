"""Runs the file of a DAG with the modules of one version of Airflow replaced: airflow_stub.py DAG 2|3 [provider]

Prints the arguments of the DAG and of its tasks, a mapped task once for each value; which task runs after which; and how
each ends for each exit code of its command.
"""

import json
import sys
import types

path, version = sys.argv[1:3]
noted = {"tasks": [], "order": []}
operators = []


class AirflowException(Exception):
    pass


class AirflowFailException(AirflowException):
    pass


class AirflowSkipException(AirflowException):
    pass


class DAG:
    def __init__(self, **arguments):
        noted["dag"] = arguments

    def __enter__(self):
        return self

    def __exit__(self, *error):
        return False


class Mapped:
    def __init__(self, operator, **arguments):
        self.operator, self.arguments = operator, arguments

    def expand(self, **lists):
        ((name, values),) = lists.items()
        return [self.operator(**self.arguments, **{name: value}) for value in values][0]


class BashOperator:
    def __init__(self, *, skip_on_exit_code=(99,), **arguments):
        self.skipped, self.name = skip_on_exit_code, arguments["task_id"]
        noted["tasks"].append(arguments)
        operators.append(self)

    def __rshift__(self, later):
        noted["order"].append([self.name, later.name])
        return later

    @classmethod
    def partial(cls, **arguments):
        return Mapped(cls, **arguments)

    def execute(self, code):
        if code in self.skipped:
            raise AirflowSkipException()
        if code != 0:
            raise AirflowException()


def add(name, **members):
    sys.modules[name] = types.ModuleType(name)
    vars(sys.modules[name]).update(members)


def end_of(operator, code):
    try:
        operator.execute(code)
    except AirflowException as error:
        return type(error).__name__
    return "success"


add("airflow")
add("airflow.exceptions", AirflowFailException=AirflowFailException, AirflowSkipException=AirflowSkipException)
if version == "2":
    sys.modules["airflow"].DAG = DAG
    add("airflow.operators")
    add("airflow.operators.bash", BashOperator=BashOperator)
if version == "3":
    add("airflow.sdk", DAG=DAG)
if version == "3" or "provider" in sys.argv:
    for name in ("providers", "providers.standard", "providers.standard.operators"):
        add("airflow." + name)
    add("airflow.providers.standard.operators.bash", BashOperator=BashOperator)
with open(path) as file:
    exec(compile(file.read(), path, "exec"))

noted["ends"] = [{code: end_of(operator, code) for code in range(8)} for operator in operators]
print(json.dumps(noted, default=str))
