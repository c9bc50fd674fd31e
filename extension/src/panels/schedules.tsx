import { fastForwardIcon, historyIcon, pauseIcon, runIcon, stopIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { FailureBox } from '../components/failure';
import { List } from '../components/list';
import { State } from '../components/state';
import { IconButton } from '../components/bar';
import { Said } from '../components/said';
import { Bar } from '../components/tabs';
import { brief, duration } from '../words';
import { useAnswer, useView } from '../hooks';
import type { Failure } from '../request';
import type { IBodyProps } from '../tokens';
import type { ScheduleRow, SchedulesPage } from '../api';

interface IFiring {
  firing: string | null;
  planned: number;
  status: string;
  duration_s: number | null;
  run: string | null;
  error: string | null;
  why: string;
}

/** The schedules: what is next, pause, go on, run now; what became of the chosen one's firings. */
export function Schedules({ opsnb }: IBodyProps): JSX.Element | null {
  const { trans } = opsnb;
  const [chosen, setChosen] = React.useState('');
  const [past, setPast] = React.useState(false);
  const [failure, setFailure] = React.useState<Failure | null>(null);
  const answer = useView<SchedulesPage>(opsnb, 'schedules', {}, change => change.runs.length > 0);
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!answer.data) {
    return null;
  }
  const { rows, note } = answer.data;
  const row = rows.find(r => r.name === chosen);
  const act = (verb: string, more: Record<string, unknown> = {}) => {
    setFailure(null);
    opsnb.client
      .act(verb, { name: chosen, ...more })
      .then(answer.reload, (error: Failure) => setFailure(error));
  };
  const word = (r: ScheduleRow) =>
    r.error ? r.error : r.paused ? trans.__('paused') : r.next ? trans.__('next %1', brief(r.next)) : r.when;
  return (
    <div className="jp-opsnb-Schedules" role="group" aria-label={trans.__('Schedules')} tabIndex={0}>
      <Bar label={trans.__('Schedules')}>
        <h4>{trans.__('Schedules')}</h4>
        <IconButton
          icon={runIcon}
          label={row ? trans.__('Run %1 now', row.name) : trans.__('Run the chosen schedule now')}
          disabled={!row || !!row.error}
          onClick={() => act('run_now', { follow: false })}
        />
        <IconButton
          icon={row?.paused ? fastForwardIcon : pauseIcon}
          label={
            row?.paused
              ? trans.__('Go on with %1', row.name)
              : row
                ? trans.__('Pause %1', row.name)
                : trans.__('Pause')
          }
          disabled={!row || !!row.error}
          onClick={() => act(row?.paused ? 'resume_schedule' : 'pause_schedule')}
        />
        <IconButton
          icon={stopIcon}
          label={trans.__('Stop what runs or waits of it')}
          disabled={!row?.status}
          onClick={() => act('stop_schedule')}
        />
        <IconButton
          icon={historyIcon}
          label={trans.__('What became of its firings')}
          disabled={!row}
          pressed={past && !!row}
          onClick={() => setPast(!past)}
        />
      </Bar>
      {failure && <FailureBox trans={trans} failure={failure} onRetry={() => setFailure(null)} />}
      {rows.length ? (
        <List
          label={trans.__('Schedules')}
          total={rows.length}
          row={i => rows[i]}
          rowKey={r => r.name}
          selected={r => r.name === chosen}
          onSelect={r => setChosen(r.name)}
          onOpen={r => {
            setChosen(r.name);
            setPast(true);
          }}
          draw={r => (
            <>
              <State trans={trans} status={r.status || r.last_status || 'not_run'} brief />
              <Said text={r.name} className="jp-opsnb-mod-first" />
              <Said text={r.when} className="jp-opsnb-mod-dim" />
              <span className="jp-opsnb-mod-end">{word(r)}</span>
            </>
          )}
        />
      ) : (
        <p className="jp-opsnb-Empty">
          {trans.__("None yet: opsnb schedule add FILE --cron '0 3 * * *' makes one.")}
        </p>
      )}
      {note && <p className="jp-opsnb-Warning">{note}</p>}
      {past && row && <History opsnb={opsnb} name={row.name} />}
    </div>
  );
}

function History({ opsnb, name }: IBodyProps & { name: string }): JSX.Element {
  const { trans } = opsnb;
  const answer = useAnswer<IFiring[]>(
    opsnb,
    () => opsnb.client.read('schedule_history', { name, most: 50 }),
    [name],
    change => change.runs.length > 0
  );
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  const rows = answer.data ?? [];
  if (!rows.length) {
    return <p className="jp-opsnb-Empty">{trans.__('%1 has not been due yet.', name)}</p>;
  }
  return (
    <List
      label={trans.__('Firings of %1', name)}
      total={rows.length}
      row={i => rows[i]}
      rowKey={(r, i) => r.firing ?? `missed ${i}`}
      onOpen={r => r.run && opsnb.open('run', { run: r.run })}
      draw={r => (
        <>
          <State trans={trans} status={r.status} />
          <span>{brief(r.planned)}</span>
          <Said text={r.error || r.why} className="jp-opsnb-mod-dim" />
          <span className="jp-opsnb-mod-end">{duration(trans, r.duration_s)}</span>
        </>
      )}
    />
  );
}
