// DuckDB's command line, as far as the recipes use it: duckdb [-bail] [-noheader] [-list] [DATABASE] [-c SQL]
// Without -c, the SQL comes from standard input. Prints each row as with -list.
const fs = require('fs');
const { DuckDBInstance } = require('@duckdb/node-api');

async function main(words) {
  let database = ':memory:';
  let sql;
  while (words.length > 0) {
    const word = words.shift();
    if (word === '-c') sql = words.shift();
    else if (!['-bail', '-noheader', '-list'].includes(word)) database = word;
  }
  const connection = await (await DuckDBInstance.create(database)).connect();
  const statements = await connection.extractStatements(sql ?? fs.readFileSync(0, 'utf8'));
  for (let i = 0; i < statements.count; ++i) {
    const result = await (await statements.prepare(i)).runAndReadAll();
    if (result.columnNames().includes('Success') || result.columnNames().includes('Count')) continue;
    for (const row of result.getRowsJson()) fs.writeSync(1, row.join('|') + '\n');
  }
}

main(process.argv.slice(2)).catch((error) => {
  console.error(error.message);
  process.exitCode = 1;
});
