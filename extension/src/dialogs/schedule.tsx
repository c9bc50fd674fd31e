import { Notification } from '@jupyterlab/apputils';
import React from 'react';
import { FailureBox } from '../components/failure';
import { asValues, field } from '../components/form';
import type { Typed } from '../components/form';
import { useSettled } from '../hooks';
import type { Times } from '../api';
import { Failure } from '../request';
import type { IOpsnb } from '../tokens';
import { ask } from './ask';
import type { IFile } from './file';
import { readForm } from './run';

const TIMES = ['@hourly', '@daily', '@weekly', '@monthly'];

/** What was typed means these times. */
function Next({ opsnb, typed }: { opsnb: IOpsnb; typed: Typed }): JSX.Element | null {
  const { trans } = opsnb;
  const query = useSettled(
    JSON.stringify({ cron: typed.cron ?? '@daily', every: typed.every ?? '', tz: typed.tz ?? '' }),
    300
  );
  const [found, setFound] = React.useState<{ times?: Times; failure?: Failure }>({});
  React.useEffect(() => {
    let here = true;
    const words = JSON.parse(query) as Typed;
    const one = words.every ? { every: words.every } : { cron: words.cron, tz: words.tz };
    opsnb.client.view<Times>('times', one).then(
      times => here && setFound({ times }),
      error => here && setFound({ failure: error instanceof Failure ? error : undefined })
    );
    return () => {
      here = false;
    };
  }, [opsnb, query]);
  if (found.failure) {
    return <FailureBox trans={trans} failure={found.failure} />;
  }
  if (!found.times) {
    return null;
  }
  const { times, words, tz } = found.times;
  const zone = { timeZone: tz, weekday: 'short', dateStyle: undefined } as const;
  return (
    <div className="jp-opsnb-Form-next" role="status">
      <div>{words}</div>
      <ol aria-label={trans.__('The next three times')}>
        {times.map(at => (
          <li key={at}>
            {new Date(at * 1000).toLocaleString(undefined, {
              ...zone,
              year: 'numeric',
              month: 'short',
              day: 'numeric',
              hour: '2-digit',
              minute: '2-digit'
            })}
          </li>
        ))}
      </ol>
    </div>
  );
}

/** Schedule a notebook or a pipeline file. */
export async function scheduleFile(opsnb: IOpsnb, file: IFile): Promise<boolean> {
  const { trans, client } = opsnb;
  const form = await readForm(opsnb, file);
  const when = [
    field('cron', 'text', trans.__('minute hour day month weekday, or %1', TIMES.join(' ')), {
      default: '@daily'
    }),
    field('every', 'text', trans.__('or an interval instead: 15min, 2h, 1d')),
    field('tz', 'text', trans.__('time zone of these times, like Europe/Berlin; else this machine’s'))
  ];
  const more = [
    field('name', 'text', trans.__('of the schedule; else the file’s')),
    field('catch_up', 'choice', trans.__('of what was missed'), {
      default: 'last',
      choices: ['last', 'none', 'all']
    }),
    field('retries', 'integer', trans.__('tries more when it fails'), { default: '0' }),
    field('timeout_min', 'number', trans.__('that one try may take'), { unit: 'min' }),
    field('notify', 'list', trans.__('who hears of failures: slack:env:NAME, webhook:URL, email:ADDRESS')),
    field('replace', 'boolean', trans.__('change the schedule that has this name'), { default: 'false' })
  ];
  return ask(opsnb, {
    title: trans.__('Schedule %1', file.name),
    ok: trans.__('Schedule'),
    groups: [
      { fields: when },
      { title: trans.__('Parameters'), fields: form.fields, folded: !form.fields.some(f => f.required) },
      { title: trans.__('More'), fields: more, folded: true }
    ],
    below: typed => <Next opsnb={opsnb} typed={typed} />,
    act: async typed => {
      const time = typed.every
        ? { every: typed.every }
        : { cron: typed.cron ?? '@daily', ...asValues([when[2]], typed) };
      const made = await client.act<{ name?: string }>('schedule', {
        file: file.full,
        ...time,
        ...asValues(more, typed),
        params: asValues(form.fields, typed),
        workspace: file.workspace
      });
      Notification.success(
        trans.__('%1 is scheduled; it runs while “opsnb scheduler” does', made.name ?? file.name),
        { autoClose: 8000 }
      );
    }
  });
}
