#!/usr/bin/env bash
# Loads the files of `tapster read --output DIR` into PostgreSQL: load-postgresql.sh DIR
# Needs psql and zstd. psql's variables name the database: PGHOST, PGDATABASE, PGUSER, PGPASSWORD, and
# PGOPTIONS="-c search_path=postmark" the schema of the tables.
#
# Each stream has a table with the columns, the types and the primary key of its schema.json. The newest row of a key
# replaces an older one, so loading a file twice changes nothing. A full-table stream, or one without a key, replaces
# all rows of its table. A column that is new in schema.json is added; no column is removed.
set -euo pipefail
(($# == 1)) || { echo "usage: load-postgresql.sh DIR" >&2; exit 2; }
shopt -s failglob

for schema in "$1"/*/schema.json; do
  export folder=${schema%/schema.json}
  [[ $folder != *.incomplete ]] || continue
  psql --no-psqlrc --quiet --set ON_ERROR_STOP=1 --file - <<'SQL'
begin;
set local client_min_messages = warning;

\set schema `cat "$folder/schema.json"`
create temp table columns on commit drop as
  select name, place, quote_ident(name) as quoted,
    case regexp_replace(about ->> 'type', '"null"|[][", ]', '', 'g')
      when 'string' then
        case about ->> 'format' when 'date-time' then 'timestamptz' when 'date' then 'date' else 'text' end
      when 'integer' then 'bigint'
      when 'number' then 'numeric'
      when 'boolean' then 'boolean'
      else 'jsonb'
    end as type
  from json_each(:'schema'::json #> '{schema,properties}') with ordinality as property (name, about, place);

select :'schema'::json ->> 'stream' as stream,
  string_agg(quoted, ', ' order by place) as columns,
  string_agg('excluded.' || quoted, ', ' order by place) as excluded
from columns \gset
select coalesce(string_agg(quote_ident(key), ', '), '') as keys,
  count(*) > 0 as has_key,
  count(*) = 0 or :'schema'::json -> 'bookmark_properties' is null as is_complete
from json_array_elements_text(:'schema'::json -> 'key_properties') as key \gset

create table if not exists :"stream" ();
select format('alter table %I add column if not exists %s %s', :'stream', quoted, type) from columns order by place \gexec
select format('alter table %I add primary key (%s)', :'stream', :'keys')
where :'has_key' and not exists (
  select from pg_constraint where conrelid = quote_ident(:'stream')::regclass and contype = 'p') \gexec

create temp table lines (tapster_number bigint generated always as identity, tapster_line text) on commit drop;
\copy lines (tapster_line) from program 'find "$folder" -maxdepth 1 -name "*.jsonl*" -print0 | LC_ALL=C sort -z | xargs -0r zstd -dcf' with (format csv, quote e'\x01', delimiter e'\x02')

\if :is_complete
delete from :"stream";
\endif
\if :has_key
insert into :"stream" (:columns)
select distinct on (:keys) :columns from lines, jsonb_populate_record(null:::"stream", tapster_line::jsonb)
order by :keys, tapster_number desc
on conflict (:keys) do update set (:columns) = row(:excluded) where :"stream".* is distinct from excluded.*;
\else
insert into :"stream" (:columns)
select :columns from lines, jsonb_populate_record(null:::"stream", tapster_line::jsonb) order by tapster_number;
\endif
commit;
SQL
done
