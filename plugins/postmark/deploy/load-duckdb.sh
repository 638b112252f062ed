#!/usr/bin/env bash
# Loads the files of `tapster read --output DIR` into a DuckDB database: load-duckdb.sh DIR DATABASE
# Needs duckdb. The tests run version 1.5.
#
# Each stream has a table with the columns, the types and the primary key of its schema.json. The newest row of a key
# replaces an older one, so loading a file twice changes nothing. A full-table stream, or one without a key, replaces
# its table. A column that is new in schema.json is added; no column is removed.
set -euo pipefail
(($# == 2)) || { echo "usage: load-duckdb.sh DIR DATABASE" >&2; exit 2; }
shopt -s failglob

# A query for the statements that load the folder in the variable `folder`.
read -rd '' statements <<'SQL' || true
with message as (
  select json as message from read_json_objects(getvariable('folder') || '/schema.json')
), stream as (
  select '"' || replace(message ->> 'stream', '"', '""') || '"' as name,
    (select string_agg('"' || replace(key, '"', '""') || '"', ', ')
      from (select unnest((message -> 'key_properties')::varchar[]) as key)) as keys,
    json_array_length(message, '/key_properties') = 0 or (message -> 'bookmark_properties') is null as is_complete,
    replace(getvariable('folder'), '''', '''''') || '/*.jsonl*' as files
  from message
), columns as (
  select id, '"' || replace(key, '"', '""') || '"' as name,
    case regexp_replace(value ->> 'type', '"null"|[][", ]', '', 'g')
      when 'string' then
        case value ->> 'format' when 'date-time' then 'timestamptz' when 'date' then 'date' else 'varchar' end
      when 'integer' then 'bigint'
      when 'number' then 'double'
      when 'boolean' then 'boolean'
      else 'json'
    end as type
  from message, json_each(message, '$.schema.properties')
), lists as (
  select string_agg(name || ' ' || type, ', ' order by id) as definitions,
    string_agg(name || ': ''' || type || '''', ', ' order by id) as types,
    string_agg(name, ', ' order by id) as names,
    list(name || ' ' || type order by id) as all_columns
  from columns
)
select 'begin;'
  || case when is_complete then ' create or replace table ' else ' create table if not exists ' end
  || stream.name || ' (' || definitions || coalesce(', primary key (' || keys || ')', '') || ');'
  || case when is_complete then '' else (
    select string_agg(format(' alter table {} add column if not exists {} {};', stream.name, name, type), '' order by id)
    from columns) end
  || case when (select count(*) from glob(getvariable('folder') || '/*.jsonl*')) = 0 then '' else
    ' insert ' || case when is_complete then '' else 'or replace ' end || 'into ' || stream.name
    || ' by name select ' || names || ' from (select *, row_number() over () as tapster_number from read_json('''
    || files || ''', format = ''newline_delimited'', filename = ''tapster_file'', columns = {' || types || '}))'
    || coalesce(' qualify row_number() over (partition by ' || keys
      || ' order by tapster_file desc, tapster_number desc) = 1', '') || ';' end
  || ' commit;'
from stream, lists
SQL

for schema in "$1"/*/schema.json; do
  folder=${schema%/schema.json}
  [[ $folder != *.incomplete ]] || continue
  echo "set variable folder = '${folder//\'/\'\'}'; $statements;"
done | duckdb -bail -noheader -list | duckdb -bail "$2"
