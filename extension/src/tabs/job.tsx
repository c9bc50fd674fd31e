import { launchIcon, redoIcon, stopIcon } from '@jupyterlab/ui-components';
import type { ReadonlyPartialJSONObject } from '@lumino/coreutils';
import React from 'react';
import type { JobPage } from '../api';
import { Choice } from '../components/bar';
import { Took } from '../components/clock';
import { Facts, Part, Table } from '../components/facts';
import { FailureBox } from '../components/failure';
import { LogView } from '../components/log';
import { Meter } from '../components/meter';
import { State, stateWord } from '../components/state';
import { useView } from '../hooks';
import { cancelJob } from '../panels/runs';
import { isOver, retryJob } from '../panels/jobs';
import { usePolled } from '../polled';
import type { IBodyProps, IOpsnb } from '../tokens';
import { duration, moment, number, size } from '../words';

/** One job: what it asked, uses and used, and its log as it comes. */
export function JobTab(props: IBodyProps & { args: ReadonlyPartialJSONObject }): JSX.Element {
  const { opsnb, args } = props;
  const { trans } = opsnb;
  const id = String(args.job ?? '');
  const [rank, setRank] = React.useState('');
  const answer = useView<JobPage>(opsnb, 'job', { id }, change => change.jobs.some(j => j.job === id));
  const page = answer.data;
  if (!page) {
    return answer.failure ? (
      <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />
    ) : (
      <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>
    );
  }
  const { job } = page;
  const over = isOver(job);
  return (
    <div className="jp-opsnb-Page jp-opsnb-mod-log">
      <div className="jp-opsnb-Header">
        <h2>
          <bdi>{job.name}</bdi>
        </h2>
        <State trans={trans} status={job.status} />
        <Took trans={trans} status={job.status} started={job.started} seconds={job.duration_s} />
        <span className="jp-opsnb-Space" />
        <button
          type="button"
          className="jp-mod-styled jp-mod-minimal"
          onClick={() => opsnb.open('run', { run: job.run, name: job.name.slice(0, 80) })}
        >
          <launchIcon.react tag="span" className="jp-opsnb-Icon" />
          {trans.__('Its run')}
        </button>
        {over ? (
          <button
            type="button"
            className="jp-mod-styled jp-mod-minimal"
            onClick={() => void retryJob(opsnb, job.job).then(answer.reload)}
          >
            <redoIcon.react tag="span" className="jp-opsnb-Icon" />
            {trans.__('Run again')}
          </button>
        ) : (
          <button
            type="button"
            className="jp-mod-styled jp-mod-minimal"
            onClick={() => void cancelJob(opsnb, job.job, job.name).then(answer.reload)}
          >
            <stopIcon.react tag="span" className="jp-opsnb-Icon" />
            {trans.__('Cancel…')}
          </button>
        )}
      </div>
      {answer.failure && <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />}
      {job.error && (
        <pre className="jp-opsnb-Error" tabIndex={0}>
          {job.error}
        </pre>
      )}
      {page.why && <p className="jp-opsnb-Waits">{trans.__('It waits: %1', page.why)}</p>}
      <div className="jp-opsnb-Columns">
        <Facts
          rows={[
            [trans.__('job'), job.job],
            [
              trans.__('on'),
              [job.on, page.host, ...page.gpus.map(g => `GPU ${g}`)].filter(Boolean).join(', ')
            ],
            [trans.__('submitted'), moment(job.submitted)],
            [trans.__('began'), moment(job.started)],
            [trans.__('asked'), words(job.asked)],
            [trans.__('used'), usedWords(opsnb, page)],
            [trans.__('exit code'), page.exit_code === null ? '' : String(page.exit_code)],
            [trans.__('command'), <code key="command">{page.command.slice(0, 1000)}</code>],
            ...Object.entries(page.params).map(([k, v]) => [k, v] as const)
          ]}
        />
        {job.status === 'running' && <Uses opsnb={opsnb} id={id} />}
      </div>
      {page.attempts.length > 1 && <Attempts opsnb={opsnb} page={page} />}
      <div className="jp-opsnb-LogHead">
        <h3>{trans.__('Log')}</h3>
        {page.ranks.length > 0 && (
          <Choice
            label={trans.__('Process')}
            value={rank}
            options={[
              ['', trans.__('the job’s own')],
              ...page.ranks.map(r => [String(r), trans.__('rank %1', r)] as const)
            ]}
            onChange={setRank}
          />
        )}
      </div>
      <LogView opsnb={opsnb} id={id} rank={rank === '' ? null : Number(rank)} />
    </div>
  );
}

const words = (values: Record<string, number | string>) =>
  Object.entries(values)
    .filter(([name, value]) => name !== 'nodes' || value !== 1)
    .map(([name, value]) => `${name} ${number(value)}`)
    .join(' · ');

function usedWords(opsnb: IOpsnb, page: JobPage): string {
  const { trans } = opsnb;
  const told = (name: string) => (typeof page.used[name] === 'number' ? (page.used[name] as number) : 0);
  return [
    told('cpu_s') ? trans.__('%1 of CPU', duration(trans, told('cpu_s'))) : '',
    told('peak_mem_mb') ? trans.__('%1 memory', size(told('peak_mem_mb') * 1e6)) : '',
    told('peak_gpu_mem_mb') ? trans.__('%1 on the GPU', size(told('peak_gpu_mem_mb') * 1e6)) : '',
    told('gpu_hours') ? trans.__('%1 GPU hours', number(told('gpu_hours'))) : '',
    told('energy_wh') ? trans.__('%1 Wh', number(told('energy_wh'))) : ''
  ]
    .filter(Boolean)
    .join(' · ');
}

/** What it uses now, and used in the last minutes; asked only while it runs and is seen. */
function Uses(props: { opsnb: IOpsnb; id: string }): JSX.Element | null {
  const { opsnb, id } = props;
  const { trans } = opsnb;
  const { last, past } = usePolled<JobPage>(() => opsnb.client.view('job', { id }), [id]);
  const value = (page: JobPage, name: string) =>
    typeof page.now[name] === 'number' ? (page.now[name] as number) : 0;
  if (!last || !Object.keys(last.now).length) {
    return null;
  }
  const cores = Number(last.job.asked.cpus) || 1;
  const asked = (Number(last.job.asked.mem_gb) || 0) * 1000;
  const peak = Math.max(asked, ...past.map(p => value(p, 'mem_mb')), 1);
  return (
    <div className="jp-opsnb-Uses">
      <Meter
        label={trans.__('CPU')}
        part={value(last, 'cores') / cores}
        past={past.map(p => value(p, 'cores') / cores)}
        words={trans.__('%1 of %2 cores', value(last, 'cores').toFixed(1), cores)}
      />
      <Meter
        label={trans.__('Memory')}
        part={asked ? value(last, 'mem_mb') / asked : null}
        past={past.map(p => value(p, 'mem_mb') / peak)}
        words={[size(value(last, 'mem_mb') * 1e6), asked ? size(asked * 1e6) : '']
          .filter(Boolean)
          .join(' / ')}
      />
      {'gpu_pct' in last.now && (
        <Meter
          label={trans.__('GPU')}
          part={value(last, 'gpu_pct') / 100}
          past={past.map(p => value(p, 'gpu_pct') / 100)}
          words={`${Math.round(value(last, 'gpu_pct'))} % · ${size(value(last, 'gpu_mem_mb') * 1e6)}`}
        />
      )}
    </div>
  );
}

function Attempts(props: { opsnb: IOpsnb; page: JobPage }): JSX.Element {
  const { trans } = props.opsnb;
  return (
    <Part title={trans.__('Attempts')} note={String(props.page.attempts.length)}>
      <Table
        label={trans.__('Attempts')}
        columns={[
          '#',
          trans.__('state'),
          trans.__('on'),
          trans.__('began'),
          trans.__('took'),
          trans.__('error')
        ]}
        rows={props.page.attempts.map(a => [
          String(a.number),
          <State key="state" trans={trans} status={a.status} />,
          a.host,
          moment(a.started),
          a.ended === null ? stateWord(trans, 'running') : duration(trans, a.ended - a.started),
          (a.error ?? '').slice(0, 300)
        ])}
      />
    </Part>
  );
}
