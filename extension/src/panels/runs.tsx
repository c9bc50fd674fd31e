import { copyIcon, notebookIcon, refreshIcon, treeViewIcon } from '@jupyterlab/ui-components';
import { Dialog, showDialog, showErrorMessage } from '@jupyterlab/apputils';
import React from 'react';
import type { CellsPage, RunRow } from '../api';
import { Choice, IconButton, Search, stateOptions } from '../components/bar';
import { Took } from '../components/clock';
import { FailureBox } from '../components/failure';
import { List } from '../components/list';
import { Sparkline } from '../components/sparkline';
import { State, stateWord } from '../components/state';
import { labPath, openDocument } from '../documents';
import { useSettled } from '../hooks';
import { copy, popup } from '../menu';
import { usePages } from '../pages';
import type { IBodyProps, IOpsnb } from '../tokens';
import { number } from '../words';

const STATES = ['running', 'queued', 'done', 'failed', 'cancelled', 'cached', 'timed_out', 'lost'];
export const MOST_COMPARED = 20;

const key = (row: RunRow) => row.run;
const merge = (old: RunRow, fresh: RunRow): RunRow => ({
  ...fresh,
  depth: old.depth,
  children: fresh.children || old.children
});

/** Do something at the server, and say what went wrong. */
export async function attempt(opsnb: IOpsnb, title: string, work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const told = (error as { told?: { what: string; hint?: string | null } }).told;
    void showErrorMessage(title, told ? [told.what, told.hint].filter(Boolean).join('\n') : String(error));
  }
}

export async function cancelJob(opsnb: IOpsnb, job: string, name: string): Promise<void> {
  const { trans } = opsnb;
  const answer = await showDialog({
    title: trans.__('Cancel this job?'),
    body: trans.__('“%1” is asked to save and end; after 30 seconds it is made to.', name.slice(0, 200)),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Let it run') }),
      Dialog.warnButton({ label: trans.__('Cancel the Job') })
    ]
  });
  if (answer.button.accept) {
    await attempt(opsnb, trans.__('It was not cancelled'), () => opsnb.client.act('cancel', { job }));
  }
}

/** What can be done with a run. */
export function runMenu(
  opsnb: IOpsnb,
  event: React.MouseEvent | React.KeyboardEvent,
  row: RunRow,
  chosen: readonly string[] = []
): void {
  const { trans } = opsnb;
  const job = row.run.replace('run_', 'job_');
  popup(event, [
    { label: trans.__('Open'), run: () => opsnb.open('run', { run: row.run, name: row.name.slice(0, 80) }) },
    {
      label: trans.__('Compare %1 Runs', chosen.length),
      enabled: chosen.length > 1 && chosen.length <= MOST_COMPARED,
      run: () => opsnb.open('comparison', { runs: [...chosen] })
    },
    null,
    { label: trans.__('Copy Id'), run: () => copy(row.run) },
    { label: trans.__('Copy Name'), run: () => copy(row.name) },
    {
      label: trans.__('Open the Executed Notebook'),
      enabled: row.type === 'notebook' || row.type === 'step',
      run: () => void openExecuted(opsnb, row.run)
    },
    null,
    {
      label: trans.__('Run It Again and Compare (Reproduce)'),
      enabled: row.status !== 'running' && row.type !== 'job',
      run: () =>
        void attempt(opsnb, trans.__('It cannot be reproduced'), () =>
          opsnb.client.act('reproduce', { run: row.run })
        )
    },
    {
      label: trans.__('Cancel the Job…'),
      enabled: row.type === 'job' && row.status === 'running',
      run: () => void cancelJob(opsnb, job, row.name)
    }
  ]);
}

export async function openExecuted(opsnb: IOpsnb, run: string): Promise<void> {
  const { trans } = opsnb;
  await attempt(opsnb, trans.__('The notebook cannot be opened'), async () => {
    const page = await opsnb.client.view<CellsPage>('cells', { run });
    if (labPath(opsnb, page.executed) === null) {
      throw new Error(
        page.executed
          ? trans.__('%1 lies where the lab cannot open it', page.executed)
          : trans.__('This run has no executed notebook here')
      );
    }
    await openDocument(opsnb, page.executed, {
      cell: page.rows.find(row => row.status === 'failed')?.cell
    });
  });
}

/** The last value of the first metric, and what it is called. */
function Last(props: { row: RunRow }): JSX.Element | null {
  const [name, value] = Object.entries(props.row.metrics)[0] ?? [];
  return name === undefined ? null : (
    <span className="jp-opsnb-Metric" title={`${name} = ${value}`}>
      <bdi>{name}</bdi> {number(value)}
    </span>
  );
}

/** The runs of the workspace: a tree of pipelines, steps and runs. */
export function RunsSection({ opsnb }: IBodyProps): JSX.Element {
  const { trans } = opsnb;
  const [words, setWords] = React.useState('');
  const [status, setStatus] = React.useState('');
  const [type, setType] = React.useState('');
  const [group, setGroup] = React.useState('');
  const [open, setOpen] = React.useState<readonly string[]>([]);
  const [chosen, setChosen] = React.useState<readonly string[]>([]);
  const anchor = React.useRef(0);
  const search = useSettled(words);
  const pages = usePages<RunRow>(
    opsnb,
    'runs',
    { search, status, type, group, open },
    key,
    c => c.runs,
    merge
  );
  const filtered = Boolean(search || status || type);

  const toggleOpen = (row: RunRow, on?: boolean) =>
    setOpen(old =>
      old.includes(row.run)
        ? on === true
          ? old
          : old.filter(id => id !== row.run)
        : on === false
          ? old
          : [...old, row.run]
    );
  const select = (row: RunRow, index: number, event: React.MouseEvent | React.KeyboardEvent) => {
    if (row.type === 'experiment') {
      return;
    }
    const space = 'key' in event && event.key === ' ';
    if (event.shiftKey) {
      const [from, to] = [Math.min(anchor.current, index), Math.max(anchor.current, index)];
      const ids: string[] = [];
      for (let i = from; i <= to; i++) {
        const one = pages.row(i);
        if (one && one.type !== 'experiment') {
          ids.push(one.run);
        }
      }
      setChosen(ids);
      return;
    }
    anchor.current = index;
    if (event.ctrlKey || event.metaKey || space) {
      setChosen(old => (old.includes(row.run) ? old.filter(id => id !== row.run) : [...old, row.run]));
    } else {
      setChosen([row.run]);
    }
  };
  const openRun = (row: RunRow) =>
    row.type === 'experiment'
      ? toggleOpen(row)
      : opsnb.open('run', { run: row.run, name: row.name.slice(0, 80) });

  const types = ['run', 'notebook', 'step', 'pipeline', 'job', 'evaluation', 'cell'];
  return (
    <>
      <div className="jp-opsnb-Bar" role="toolbar" aria-label={trans.__('Runs')}>
        <Search label={trans.__('Name, id or experiment')} value={words} onChange={setWords} />
        <button
          type="button"
          className="jp-opsnb-Word"
          disabled={chosen.length < 2 || chosen.length > MOST_COMPARED}
          title={trans.__('Choose two to twenty runs with Ctrl, Shift or Space')}
          onClick={() => opsnb.open('comparison', { runs: [...chosen] })}
        >
          {chosen.length > 1 ? trans.__('Compare %1', chosen.length) : trans.__('Compare')}
        </button>
        <Choice
          label={trans.__('State')}
          value={status}
          options={stateOptions(trans, STATES)}
          onChange={setStatus}
        />
        <Choice
          label={trans.__('Type')}
          value={type}
          options={[['', trans.__('any type')], ...types.map(t => [t, t] as const)]}
          onChange={setType}
        />
        <IconButton
          icon={treeViewIcon}
          label={trans.__('Group by experiment')}
          pressed={group !== ''}
          onClick={() => setGroup(group ? '' : 'experiment')}
        />
        <IconButton icon={refreshIcon} label={trans.__('Read again')} onClick={pages.reload} />
      </div>
      {pages.failure && <FailureBox trans={trans} failure={pages.failure} onRetry={pages.reload} />}
      {pages.waiting && <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>}
      {pages.reading > 0 && (
        <p className="jp-opsnb-Note" role="status">
          {trans.__('%1 more are being read', number(pages.reading))}
        </p>
      )}
      {!pages.waiting && !pages.failure && pages.total === 0 && <NoRuns opsnb={opsnb} filtered={filtered} />}
      {pages.total > 0 && (
        <List
          label={trans.__('Runs')}
          tree
          many
          total={pages.total}
          row={pages.row}
          rowKey={key}
          onShown={pages.onShown}
          selected={row => chosen.includes(row.run)}
          onSelect={select}
          onOpen={openRun}
          onMenu={(row, index, event) => {
            if (row.type === 'experiment') {
              return;
            }
            const ids = chosen.includes(row.run) ? chosen : [row.run];
            setChosen(ids);
            runMenu(opsnb, event, row, ids);
          }}
          onKey={(row, index, event) => {
            if (event.key === 'ArrowRight' && row.children) {
              toggleOpen(row, true);
            } else if (event.key === 'ArrowLeft') {
              toggleOpen(row, false);
            } else if (row.type === 'experiment') {
              return;
            } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
              runMenu(opsnb, event, row, chosen);
            } else {
              return;
            }
            event.preventDefault();
            event.stopPropagation();
          }}
          aria={row => ({
            'aria-level': row.depth + 1,
            'aria-expanded': row.children && !filtered ? open.includes(row.run) : undefined
          })}
          draw={row => (
            <>
              <span
                className="jp-opsnb-Twisty"
                style={{ marginLeft: row.depth * 12 }}
                aria-hidden="true"
                onClick={event => {
                  event.stopPropagation();
                  toggleOpen(row);
                }}
              >
                {row.children && !filtered ? (open.includes(row.run) ? '▾' : '▸') : ''}
              </span>
              <State trans={trans} status={row.status} brief />
              <bdi className="jp-opsnb-Name" title={title(opsnb, row)}>
                {row.name || row.run}
              </bdi>
              <Last row={row} />
              <Sparkline values={row.curve} label={trans.__('its first metric')} width={44} />
              <Took trans={trans} status={row.status} started={row.started} seconds={row.duration_s} />
            </>
          )}
        />
      )}
    </>
  );
}

function title(opsnb: IOpsnb, row: RunRow): string {
  const lines = [
    `${row.name.slice(0, 500)}  (${row.type}, ${stateWord(opsnb.trans, row.status)})`,
    row.run,
    row.experiment && opsnb.trans.__('experiment %1', row.experiment.slice(0, 200)),
    row.started && new Date(row.started * 1000).toLocaleString(),
    row.error?.slice(0, 300)
  ];
  return lines.filter(Boolean).join('\n');
}

const FIRST = 'import opsnb as ops\n\nwith ops.track("fit") as run:\n    run.log(loss=0.5)';

/** What will be here, and what puts it there. */
function NoRuns(props: { opsnb: IOpsnb; filtered: boolean }): JSX.Element {
  const { trans, app } = props.opsnb;
  if (props.filtered) {
    return <p className="jp-opsnb-Empty">{trans.__('No run is like that.')}</p>;
  }
  return (
    <div className="jp-opsnb-Empty">
      <p>
        {trans.__(
          'The runs of this project will be here: what you track, and notebooks and pipelines you run.'
        )}
      </p>
      <pre tabIndex={0}>{FIRST}</pre>
      <IconButton icon={copyIcon} label={trans.__('Copy')} onClick={() => copy(FIRST)} />
      <IconButton
        icon={notebookIcon}
        label={trans.__('New Notebook')}
        onClick={() => void app.commands.execute('notebook:create-new')}
      />
    </div>
  );
}
