import React from 'react';
import type { CellRow, CellsPage } from '../api';
import { FailureBox } from '../components/failure';
import { Took } from '../components/clock';
import { List } from '../components/list';
import { State } from '../components/state';
import { labPath, openDocument } from '../documents';
import { useView } from '../hooks';
import { attempt } from '../panels/runs';
import type { IOpsnb } from '../tokens';

const ROW = 24;

/** The cells of a notebook run with their times; buttons that open the notebook, at the cell that failed. */
export function CellsPart(props: { opsnb: IOpsnb; id: string; running: boolean }): JSX.Element | null {
  const { opsnb, id, running } = props;
  const { trans } = opsnb;
  const answer = useView<CellsPage>(opsnb, 'cells', { run: id }, change =>
    change.runs.some(r => r.run === id)
  );
  const page = answer.data;
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!page) {
    return null;
  }
  const rows = page.rows.filter(row => row.kind === 'code');
  const slowest = Math.max(...rows.map(row => row.seconds ?? 0), 0.001);
  const failed = rows.find(row => row.status === 'failed');
  const [executed, source] = [labPath(opsnb, page.executed), labPath(opsnb, page.source)];
  const go = (cell?: number, both = false) =>
    void attempt(opsnb, trans.__('The notebook cannot be opened'), async () => {
      if (both) {
        await openDocument(opsnb, page.source);
      }
      await openDocument(opsnb, page.executed, { cell, beside: both });
    });
  return (
    <>
      <div className="jp-opsnb-Bar" role="group" aria-label={trans.__('Notebook')}>
        <button type="button" className="jp-opsnb-Word" disabled={executed === null} onClick={() => go()}>
          {trans.__('Open the executed notebook')}
        </button>
        <button
          type="button"
          className="jp-opsnb-Word"
          disabled={executed === null || source === null}
          onClick={() => go(failed?.cell, true)}
        >
          {trans.__('Beside its source')}
        </button>
        {failed && (
          <button
            type="button"
            className="jp-opsnb-Word"
            disabled={executed === null}
            onClick={() => go(failed.cell)}
          >
            {trans.__('Go to the cell that failed')}
          </button>
        )}
        {executed === null && !running && (
          <span className="jp-opsnb-Note">
            {page.executed
              ? trans.__('The executed notebook lies where the lab cannot open it: %1', page.executed)
              : trans.__('The executed notebook is not here.')}
          </span>
        )}
      </div>
      <div className="jp-opsnb-Cells" style={{ height: Math.min(rows.length, 14) * ROW + 2 }}>
        <List<CellRow>
          label={trans.__('Cells')}
          total={rows.length}
          row={i => rows[i]}
          rowKey={row => String(row.cell)}
          onOpen={row => executed !== null && go(row.cell)}
          draw={row => (
            <>
              <span className="jp-opsnb-CellNumber">{row.cell}</span>
              <State trans={trans} status={row.status} brief />
              <code className="jp-opsnb-Name" title={row.error ?? row.line}>
                {row.line}
              </code>
              {row.error && (
                <span className="jp-opsnb-CellError" title={row.error}>
                  {row.error.slice(0, 200)}
                </span>
              )}
              <span className="jp-opsnb-CellBar" aria-hidden="true">
                <span style={{ width: `${((row.seconds ?? 0) / slowest) * 100}%` }} />
              </span>
              <Took
                trans={trans}
                status={row.status === 'running' ? 'running' : 'done'}
                started={row.started}
                seconds={row.seconds}
              />
            </>
          )}
        />
      </div>
    </>
  );
}
