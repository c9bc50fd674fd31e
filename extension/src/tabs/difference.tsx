import React from 'react';
import type { RunRow } from '../api';
import { Choice } from '../components/bar';
import { Table } from '../components/facts';
import { FailureBox } from '../components/failure';
import { useAnswer } from '../hooks';
import type { IOpsnb } from '../tokens';

type Row = Record<string, string | number | null>;

interface IDifference {
  runs: [string, string];
  code: { file: string; state: string; diff: string }[];
  data: Row[];
  outputs: Row[];
  notes: string[];
}

/** `ops.diff` of two of the runs. */
export function DifferencePart(props: { opsnb: IOpsnb; runs: readonly RunRow[] }): JSX.Element {
  const { opsnb, runs } = props;
  const { trans } = opsnb;
  const [first, setFirst] = React.useState(runs[0].run);
  const [second, setSecond] = React.useState(runs[1].run);
  const same = first === second;
  const answer = useAnswer<IDifference | null>(
    opsnb,
    async () => (same ? null : await opsnb.client.read<IDifference>('diff', { a: first, b: second })),
    [first, second]
  );
  const options = runs.map(r => [r.run, `${r.name.slice(0, 60)} ${r.run.slice(-4)}`] as const);
  const found = answer.data;
  const nothing = found && !found.code.length && !found.data.length && !found.outputs.length;
  return (
    <>
      {runs.length > 2 && (
        <div className="jp-opsnb-Bar">
          <Choice label={trans.__('First run')} value={first} options={options} onChange={setFirst} />
          <Choice label={trans.__('Second run')} value={second} options={options} onChange={setSecond} />
        </div>
      )}
      {answer.failure && <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />}
      {answer.waiting && <p className="jp-opsnb-Note">{trans.__('Comparing…')}</p>}
      {same && <p className="jp-opsnb-Note">{trans.__('Choose two different runs.')}</p>}
      {nothing && !same && (
        <p className="jp-opsnb-Note">
          {found.notes.length ? found.notes.join('. ') : trans.__('Code, outputs and data are the same.')}
        </p>
      )}
      {found?.code.map(file => (
        <div key={file.file} className="jp-opsnb-DiffFile">
          <h4>
            <bdi>{file.file}</bdi> <span className="jp-opsnb-Note">{file.state}</span>
          </h4>
          {file.diff && <DiffText text={file.diff} />}
        </div>
      ))}
      {found && !same && <RowsOf title={trans.__('Outputs')} rows={found.outputs} />}
      {found && !same && <RowsOf title={trans.__('Data')} rows={found.data} />}
    </>
  );
}

function RowsOf(props: { title: string; rows: readonly Row[] }): JSX.Element | null {
  if (!props.rows.length) {
    return null;
  }
  const columns = Object.keys(props.rows[0]);
  return (
    <>
      <h4>{props.title}</h4>
      <Table
        label={props.title}
        columns={columns}
        rows={props.rows.map(row => columns.map(c => (row[c] === null ? '–' : String(row[c]))))}
      />
    </>
  );
}

const MOST = 2000;

/** A difference as text, each line marked by its sign and by colour. */
function DiffText(props: { text: string }): JSX.Element {
  const lines = props.text.split('\n');
  return (
    <pre className="jp-opsnb-Diff" tabIndex={0}>
      {lines.slice(0, MOST).map((line, i) => (
        <span
          key={i}
          data-sign={/^(\+\+\+|---|##|@@|index|diff)/.test(line) ? '@' : /^[+-]/.test(line) ? line[0] : ''}
        >
          {line}
          {'\n'}
        </span>
      ))}
      {lines.length > MOST ? `… ${lines.length - MOST}` : ''}
    </pre>
  );
}
