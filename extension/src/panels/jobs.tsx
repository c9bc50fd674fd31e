import { launchIcon, redoIcon, refreshIcon, stopIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { JobRow, Queue, Queues, Waits } from '../api';
import { Choice, IconButton, Search, stateOptions } from '../components/bar';
import { Took } from '../components/clock';
import { FailureBox } from '../components/failure';
import { List } from '../components/list';
import { State, stateWord } from '../components/state';
import { useAnswer, useSettled } from '../hooks';
import { copy, popup } from '../menu';
import { usePages } from '../pages';
import type { IBodyProps, IOpsnb } from '../tokens';
import { moment, number } from '../words';
import { attempt, cancelJob } from './runs';

const STATES = ['queued', 'running', 'done', 'failed', 'cancelled', 'timed_out', 'lost', 'unreachable'];
const OVER = new Set(['done', 'failed', 'cancelled', 'timed_out', 'lost', 'not_run', 'cached']);

const key = (row: JobRow) => row.job;
const merge = (_: JobRow, fresh: JobRow) => fresh;
export const isOver = (row: JobRow): boolean => OVER.has(row.status);

/** A back-end in one line. */
export function queueWords(opsnb: IOpsnb, queue: Queue): string {
  const { trans } = opsnb;
  const mine = ['running', 'queued', 'unreachable']
    .filter(s => queue.jobs[s])
    .map(s => `${queue.jobs[s]} ${stateWord(trans, s)}`);
  return [...mine, queue.gpus && trans.__('GPUs: %1', queue.gpus), queue.state === 'ready' ? '' : queue.state]
    .filter(Boolean)
    .join(' · ');
}

export async function retryJob(opsnb: IOpsnb, job: string): Promise<void> {
  await attempt(opsnb, opsnb.trans.__('It was not started again'), () => opsnb.client.act('retry', { job }));
}

const active = (queue: Queue) =>
  ['queued', 'running', 'unreachable'].some(status => queue.jobs[status]) || queue.queued + queue.running > 0;

/** The back-ends, with what waits and runs there; one that does not answer and has nothing of ours is left out. */
function QueueLines(props: {
  opsnb: IOpsnb;
  queues: Queues | null;
  on: string;
  choose: (on: string) => void;
}): JSX.Element | null {
  const { opsnb, queues, on, choose } = props;
  const rows = (queues?.rows ?? []).filter(
    q => q.on === 'local' || q.state === 'ready' || q.state === 'no node' || active(q)
  );
  if (!rows.length) {
    return null;
  }
  return (
    <div className="jp-opsnb-Queues" role="group" aria-label={opsnb.trans.__('Queues')}>
      {rows.map(queue => (
        <button
          key={queue.on}
          type="button"
          className="jp-opsnb-Queue"
          aria-pressed={on === queue.on}
          title={[queue.note, opsnb.trans.__('Show only the jobs there')].filter(Boolean).join('\n')}
          onClick={() => choose(on === queue.on ? '' : queue.on)}
        >
          <b>{queue.on}</b>
          <span>{queueWords(opsnb, queue) || opsnb.trans.__('nothing waits or runs')}</span>
        </button>
      ))}
    </div>
  );
}

/** The jobs of the workspace, and the queues they wait in. */
export function JobsSection({ opsnb }: IBodyProps): JSX.Element {
  const { trans } = opsnb;
  const [words, setWords] = React.useState('');
  const [status, setStatus] = React.useState('');
  const [on, setOn] = React.useState('');
  const [chosen, setChosen] = React.useState<JobRow | null>(null);
  const [shown, setShown] = React.useState({ first: 0, last: 30 });
  const search = useSettled(words);
  const pages = usePages<JobRow>(opsnb, 'jobs', { search, status, on }, key, c => c.jobs, merge);
  const queues = useAnswer<Queues>(
    opsnb,
    () => opsnb.client.view('queues'),
    [],
    change => change.jobs.length > 0,
    1000
  );
  const waiting: string[] = [];
  for (let i = shown.first; i <= shown.last && waiting.length < 40; i++) {
    const row = pages.row(i);
    if (row?.status === 'queued') {
      waiting.push(row.job);
    }
  }
  const waits = useAnswer<Waits>(
    opsnb,
    async () => (waiting.length ? await opsnb.client.view<Waits>('waits', { job: waiting }) : { why: {} }),
    [waiting.join()],
    change => change.jobs.length > 0,
    2000
  );
  let row = chosen;
  for (let i = shown.first; chosen && i <= shown.last; i++) {
    const fresh = pages.row(i);
    if (fresh?.job === chosen.job) {
      row = fresh;
    }
  }
  const openJob = (job: JobRow) => opsnb.open('job', { job: job.job, name: job.name.slice(0, 80) });
  const asked = (job: JobRow) =>
    ['gpus', 'nodes']
      .filter(n => Number(job.asked[n]) > (n === 'nodes' ? 1 : 0))
      .map(n => `${number(job.asked[n])} ${n === 'gpus' ? trans.__('GPU') : trans.__('nodes')}`)
      .join(' ');

  return (
    <>
      <QueueLines opsnb={opsnb} queues={queues.data} on={on} choose={setOn} />
      <div className="jp-opsnb-Bar" role="toolbar" aria-label={trans.__('Jobs')}>
        <Search wide label={trans.__('Name or id')} value={words} onChange={setWords} />
        <Choice
          label={trans.__('State')}
          value={status}
          options={stateOptions(trans, STATES)}
          onChange={setStatus}
        />
        <IconButton
          icon={launchIcon}
          label={trans.__('Open')}
          disabled={!row}
          onClick={() => row && openJob(row)}
        />
        <IconButton
          icon={stopIcon}
          label={trans.__('Cancel…')}
          disabled={!row || isOver(row)}
          onClick={() => row && void cancelJob(opsnb, row.job, row.name)}
        />
        <IconButton
          icon={redoIcon}
          label={trans.__('Run again')}
          disabled={!row || !isOver(row)}
          onClick={() => row && void retryJob(opsnb, row.job)}
        />
        <IconButton icon={refreshIcon} label={trans.__('Read again')} onClick={pages.reload} />
      </div>
      {pages.failure && <FailureBox trans={trans} failure={pages.failure} onRetry={pages.reload} />}
      {pages.waiting && <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>}
      {!pages.waiting && !pages.failure && pages.total === 0 && (
        <div className="jp-opsnb-Empty">
          {search || status || on ? (
            trans.__('No job is like that.')
          ) : (
            <>
              <p>{trans.__('What you submit will be here, on this machine or a cluster.')}</p>
              <pre tabIndex={0}>opsnb submit train.ipynb --gpus 1</pre>
            </>
          )}
        </div>
      )}
      {pages.total > 0 && (
        <List
          label={trans.__('Jobs')}
          total={pages.total}
          row={pages.row}
          rowKey={key}
          onShown={(first, last) => {
            pages.onShown(first, last);
            setShown({ first, last });
          }}
          selected={job => job.job === chosen?.job}
          onSelect={job => setChosen(job)}
          onOpen={openJob}
          onMenu={(job, _, event) => {
            setChosen(job);
            jobMenu(opsnb, event, job);
          }}
          onKey={(job, _, event) => {
            if (event.key === 'Delete' && !isOver(job)) {
              void cancelJob(opsnb, job.job, job.name);
            } else if (event.key === 'ContextMenu' || (event.key === 'F10' && event.shiftKey)) {
              jobMenu(opsnb, event, job);
            }
          }}
          draw={job => (
            <>
              <State trans={trans} status={job.status} brief />
              <bdi
                className="jp-opsnb-Name"
                title={[
                  job.name.slice(0, 500),
                  `${job.job} (${job.on})`,
                  moment(job.submitted),
                  job.error?.slice(0, 300)
                ]
                  .filter(Boolean)
                  .join('\n')}
              >
                {job.name}
              </bdi>
              {job.status === 'queued' ? (
                <span className="jp-opsnb-Why" title={waits.data?.why[job.job]}>
                  {waits.data?.why[job.job] ?? ''}
                </span>
              ) : (
                <span className="jp-opsnb-Metric">{asked(job)}</span>
              )}
              <Took trans={trans} status={job.status} started={job.started} seconds={job.duration_s} />
            </>
          )}
        />
      )}
    </>
  );
}

function jobMenu(opsnb: IOpsnb, event: React.MouseEvent | React.KeyboardEvent, job: JobRow): void {
  const { trans } = opsnb;
  popup(event, [
    { label: trans.__('Open'), run: () => opsnb.open('job', { job: job.job, name: job.name.slice(0, 80) }) },
    {
      label: trans.__('Open Its Run'),
      run: () => opsnb.open('run', { run: job.run, name: job.name.slice(0, 80) })
    },
    null,
    { label: trans.__('Copy Id'), run: () => copy(job.job) },
    null,
    {
      label: trans.__('Cancel…'),
      enabled: !isOver(job),
      run: () => void cancelJob(opsnb, job.job, job.name)
    },
    { label: trans.__('Run Again'), enabled: isOver(job), run: () => void retryJob(opsnb, job.job) }
  ]);
}
