#!/usr/bin/env bash
# Reads Postmark on the nodes of a Slurm cluster: postmark-slurm.sh DIR
# DIR is a folder that all nodes can write to. It has config.json and, after the first sync, state.json; tapster is on the
# PATH of each node. Submits one job that plans, an array that reads eight shards, and one job that merges their states.
# Prints the id of the last one.
#
# The sync is in DIR/run: the plan, and of each shard the state, the log and the rows in data/1 to data/8. If all of it was
# read, the last job replaces DIR/state.json and gives the folder the time as its name. Otherwise merge.log names the shards
# to read again, and the next postmark-slurm.sh continues with the same plan.
set -euo pipefail
(($# == 1)) || { echo "usage: postmark-slurm.sh DIR" >&2; exit 2; }
array=$(realpath "$(dirname "$0")/postmark-shards.sbatch")
mkdir -p "$1/run"
cd "$1/run"

submit() { sbatch --parsable --open-mode=append --kill-on-invalid-dep=yes "$@"; }
plan=$(submit --job-name=postmark-plan --output=plan.log --wrap='
  [ -e plan.jsonl ] || tapster plan postmark --config ../config.json --state-file ../state.json --output plan.jsonl')
read=$(submit --dependency="afterok:$plan" "$array")
submit --job-name=postmark-merge --output=merge.log --dependency="afterany:$read" --wrap='
  tapster state merge plan.jsonl state-*.json --config ../config.json --state-file ../state.json &&
    mv ../run "../$(date -u +%Y%m%dT%H%M%SZ)"'
