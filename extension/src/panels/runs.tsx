import React from 'react';
import type { RunsPage } from '../api';
import { FailureBox } from '../components/failure';
import { List } from '../components/list';
import { Sparkline } from '../components/sparkline';
import { State } from '../components/state';
import { useView } from '../hooks';
import type { IBodyProps } from '../tokens';

/** The runs of the workspace. */
export function RunsSection({ opsnb }: IBodyProps): JSX.Element {
  const { trans } = opsnb;
  const answer = useView<RunsPage>(opsnb, 'runs', { most: 200 }, change => change.runs.length > 0);
  if (answer.failure) {
    return <FailureBox trans={trans} failure={answer.failure} onRetry={answer.reload} />;
  }
  if (!answer.data) {
    return <p className="jp-opsnb-Empty">{trans.__('Reading…')}</p>;
  }
  const page = answer.data;
  return (
    <List
      label={trans.__('Runs')}
      total={page.total}
      row={i => page.rows[i]}
      rowKey={row => row.run}
      draw={row => (
        <>
          <State trans={trans} status={row.status} brief />
          <span>{row.name}</span>
          <Sparkline values={row.curve} label={trans.__('its first metric')} />
        </>
      )}
    />
  );
}
