import { editIcon, listIcon, refreshIcon, runIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { FailureBox } from '../components/failure';
import { List } from '../components/list';
import { State } from '../components/state';
import { Search, IconButton } from '../components/bar';
import { Said } from '../components/said';
import { Bar } from '../components/tabs';
import { brief, duration } from '../words';
import { openFile } from '../files';
import { useSettled, useView } from '../hooks';
import { Failure } from '../request';
import { runPipeline } from '../starts';
import type { IBodyProps } from '../tokens';
import type { PipelineRow, PipelinesPage } from '../api';
import { Schedules } from './schedules';

/** The pipelines of the project, each with its last run; below them the schedules. */
export function PipelinesSection({ opsnb }: IBodyProps): JSX.Element {
  const { trans } = opsnb;
  const [search, setSearch] = React.useState('');
  const [chosen, setChosen] = React.useState('');
  const [failure, setFailure] = React.useState<Failure | null>(null);
  const answer = useView<PipelinesPage>(opsnb, 'pipelines', { search: useSettled(search) }, change =>
    change.runs.some(run => run.type === 'pipeline')
  );
  if (answer.failure && !answer.data) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!answer.data) {
    return <p className="jp-opsnb-Empty">{trans.__('Looking for pipeline files…')}</p>;
  }
  const { rows, cut } = answer.data;
  const row = rows.find(r => r.file === chosen);
  const open = (r: PipelineRow, plan = false) =>
    opsnb.open('dag', plan ? { file: r.file, plan } : { file: r.file });
  const run = (r: PipelineRow) => {
    setFailure(null);
    open(r);
    runPipeline(opsnb, r.file).catch((error: Failure) => setFailure(error));
  };
  return (
    <>
      <Bar label={trans.__('Pipelines')}>
        <Search label={trans.__('Filter pipelines')} value={search} onChange={setSearch} />
        <IconButton
          icon={runIcon}
          label={row ? trans.__('Run %1', row.name) : trans.__('Run the chosen pipeline')}
          disabled={!row || !!row.error}
          onClick={() => row && run(row)}
        />
        <IconButton
          icon={listIcon}
          label={
            row
              ? trans.__('Plan %1: what would run, and why', row.name)
              : trans.__('Plan the chosen pipeline')
          }
          disabled={!row}
          onClick={() => row && open(row, true)}
        />
        <IconButton
          icon={editIcon}
          label={row ? trans.__('Edit %1', row.file) : trans.__('Edit the file of the chosen pipeline')}
          disabled={!row}
          onClick={() => row && void openFile(opsnb, row.file)}
        />
        <IconButton icon={refreshIcon} label={trans.__('Look again')} onClick={answer.reload} />
      </Bar>
      {failure && <FailureBox trans={trans} failure={failure} onRetry={() => setFailure(null)} />}
      {rows.length ? (
        <List
          label={trans.__('Pipelines')}
          total={rows.length}
          row={i => rows[i]}
          rowKey={r => r.file}
          selected={r => r.file === chosen}
          onSelect={r => setChosen(r.file)}
          onOpen={r => open(r)}
          draw={r => (
            <>
              {r.error ? (
                <span
                  className="jp-opsnb-State"
                  data-state="failed"
                  role="img"
                  aria-label={trans.__('damaged')}
                >
                  !
                </span>
              ) : (
                <State trans={trans} status={r.status || 'not_run'} brief />
              )}
              <Said text={r.name} className="jp-opsnb-mod-first" />
              <Said
                text={r.error ? r.error.split('\n')[0] : r.description || r.file}
                className={r.error ? 'jp-opsnb-mod-bad' : 'jp-opsnb-mod-dim'}
              />
              <span className="jp-opsnb-mod-end">
                {r.error
                  ? ''
                  : r.status
                    ? `${duration(trans, r.duration_s)} ${brief(r.started)}`
                    : trans.__('%1 steps', r.steps)}
              </span>
            </>
          )}
        />
      ) : (
        <p className="jp-opsnb-Empty">
          {search
            ? trans.__('No pipeline fits.')
            : trans.__('Pipelines of this project stand here: opsnb init DIR makes one from a template.')}
        </p>
      )}
      {cut && (
        <p className="jp-opsnb-Empty">
          {trans.__('The project has very many folders; not all were searched.')}
        </p>
      )}
      <Schedules opsnb={opsnb} />
    </>
  );
}
