import React from 'react';
import type { Gpu, Machine, Process, Queues } from '../api';
import { FailureBox } from '../components/failure';
import { Table } from '../components/facts';
import { Meter } from '../components/meter';
import { useAnswer } from '../hooks';
import { usePolled } from '../polled';
import type { IBodyProps, IOpsnb } from '../tokens';
import { size } from '../words';
import { queueWords } from './jobs';

const of = (used: number, total: number) =>
  `${(used / 1000).toFixed(1)} / ${(total / 1000).toFixed(total < 1e4 ? 1 : 0)} GB`;
const mb = (value: number) => size(value * 1e6);

/** This machine and the clusters: what is used, what is free. */
export function MachineSection({ opsnb }: IBodyProps): JSX.Element {
  const { trans } = opsnb;
  const { last, past, failure } = usePolled<Machine>(() => opsnb.client.view('machine'), [opsnb]);
  const queues = useAnswer<Queues>(
    opsnb,
    () => opsnb.client.view('queues'),
    [],
    c => c.jobs.length > 0,
    5000
  );
  if (!last) {
    return failure ? (
      <FailureBox trans={trans} failure={failure} />
    ) : (
      <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>
    );
  }
  const clusters = (queues.data?.rows ?? []).filter(q => q.on !== 'local' && q.state !== 'not installed');
  return (
    <div className="jp-opsnb-Machine" tabIndex={0} role="group" aria-label={trans.__('This machine')}>
      {failure && <FailureBox trans={trans} failure={failure} />}
      <Meter
        label={trans.__('CPU')}
        part={last.cpu_pct / 100}
        past={past.map(m => m.cpu_pct / 100)}
        words={trans.__('%1 % of %2', Math.round(last.cpu_pct), last.cpus)}
      />
      <Meter
        label={trans.__('Memory')}
        part={last.mem_mb / last.mem_total_mb}
        past={past.map(m => m.mem_mb / m.mem_total_mb)}
        words={of(last.mem_mb, last.mem_total_mb)}
      />
      <Meter
        label={trans.__('Disk')}
        part={last.disk_gb / last.disk_total_gb}
        words={trans.__('%1 free', size((last.disk_total_gb - last.disk_gb) * 1e9))}
      />
      {last.gpus.map((gpu, i) => (
        <GpuLines key={gpu.index} opsnb={opsnb} gpu={gpu} past={past.map(m => m.gpus[i]).filter(Boolean)} />
      ))}
      {last.gpu_note && <p className="jp-opsnb-Note">{last.gpu_note}</p>}
      {clusters.map(queue => (
        <p key={queue.on} className="jp-opsnb-Cluster" title={queue.note}>
          <b>{queue.on}</b> {[queueWords(opsnb, queue), queue.note].filter(Boolean).join(' · ')}
        </p>
      ))}
      <Processes opsnb={opsnb} rows={last.processes} />
    </div>
  );
}

function GpuLines(props: { opsnb: IOpsnb; gpu: Gpu; past: readonly Gpu[] }): JSX.Element {
  const { trans } = props.opsnb;
  const { gpu, past } = props;
  const more = [
    gpu.watts === null ? '' : `${Math.round(gpu.watts)} W`,
    gpu.temp_c === null ? '' : `${Math.round(gpu.temp_c)} °C`
  ];
  return (
    <div className="jp-opsnb-Gpu">
      <div className="jp-opsnb-GpuName" title={gpu.name}>
        {`GPU ${gpu.index} ${gpu.name}`}
        <span className="jp-opsnb-Note">{more.filter(Boolean).join(' · ')}</span>
      </div>
      <Meter
        label={trans.__('busy')}
        part={gpu.busy_pct === null ? null : gpu.busy_pct / 100}
        past={past.map(g => (g.busy_pct ?? 0) / 100)}
        words={gpu.busy_pct === null ? trans.__('not told') : `${Math.round(gpu.busy_pct)} %`}
      />
      {gpu.mem_mb !== null && gpu.mem_total_mb !== null && (
        <Meter
          label={trans.__('memory')}
          part={gpu.mem_mb / gpu.mem_total_mb}
          past={past.map(g => (g.mem_mb ?? 0) / (g.mem_total_mb ?? 1))}
          words={of(gpu.mem_mb, gpu.mem_total_mb)}
        />
      )}
      {gpu.slices.map((slice, i) => (
        <Meter
          key={i}
          label={slice.name}
          part={slice.mem_mb / slice.mem_total_mb}
          words={of(slice.mem_mb, slice.mem_total_mb)}
        />
      ))}
      {gpu.users.length > 0 && (
        <div className="jp-opsnb-Note">
          {gpu.users.map(u => `${u.name || u.pid}${u.mem_mb === null ? '' : ` ${mb(u.mem_mb)}`}`).join(' · ')}
        </div>
      )}
    </div>
  );
}

/** What a kernel's id means to the user: its notebook. */
function nameOf(opsnb: IOpsnb, process: Process): string {
  if (process.what !== 'kernel') {
    return process.name;
  }
  for (const session of opsnb.app.serviceManager.sessions.running()) {
    if (session.kernel?.id === process.id) {
      return session.path.split('/').pop() ?? session.name;
    }
  }
  return process.name;
}

function Processes(props: { opsnb: IOpsnb; rows: readonly Process[] }): JSX.Element {
  const { trans } = props.opsnb;
  if (!props.rows.length) {
    return <p className="jp-opsnb-Note">{trans.__('No kernel and no job of this project runs here.')}</p>;
  }
  const gpu = props.rows.some(p => p.gpu_mem_mb !== null);
  return (
    <Table
      label={trans.__('Kernels and jobs on this machine')}
      columns={[
        trans.__('kernel or job'),
        trans.__('cores'),
        trans.__('memory'),
        ...(gpu ? [trans.__('GPU')] : [])
      ]}
      keys={props.rows.map(p => String(p.pid))}
      rows={props.rows.map(p => [
        <span className="jp-opsnb-Name" title={`${p.what} ${p.id}, pid ${p.pid}`} key="name">
          <bdi>{nameOf(props.opsnb, p)}</bdi> <span className="jp-opsnb-Note">{p.what}</span>
        </span>,
        p.cores === null ? '…' : p.cores.toFixed(1),
        mb(p.mem_mb),
        ...(gpu ? [p.gpu_mem_mb === null ? '' : mb(p.gpu_mem_mb)] : [])
      ])}
    />
  );
}
