import * as React from 'react';
import type { Api } from '../api';
import type { Reader } from '../reader';
import { faultOf } from '../snapshot';
import type { Preview } from '../wire';
import { schedule as words } from '../words';
import { Field } from './dialog';
import { type Draft, type Rhythm, UNITS, WEEKDAYS, newDraft, scheduleOf } from './draft';

interface IProps {
  readonly drafts: readonly Draft[];
  readonly api: Api;
  readonly reader: Reader;
  readonly onChange: (drafts: readonly Draft[]) => void;
}

/** Any number of schedules: rhythm, time zone, the same in words, and when the next five runs would be. */
export function Schedules({ drafts, api, reader, onChange }: IProps): React.JSX.Element {
  const { trans } = reader;
  return (
    <>
      {drafts.map((draft, place) => (
        <ScheduleFields
          key={place}
          place={place}
          draft={draft}
          api={api}
          reader={reader}
          onChange={next => {
            onChange(drafts.map((each, index) => (index === place ? next : each)));
          }}
          onRemove={() => {
            onChange(drafts.filter((_, index) => index !== place));
          }}
        />
      ))}
      <button
        type="button"
        className="jp-mod-styled nb2ops-Add"
        onClick={() => {
          onChange([...drafts, newDraft(reader.zone)]);
        }}
      >
        {drafts.length ? trans.__('Add another schedule') : trans.__('Add a schedule')}
      </button>
    </>
  );
}

interface IFieldsProps {
  readonly place: number;
  readonly draft: Draft;
  readonly api: Api;
  readonly reader: Reader;
  readonly onChange: (draft: Draft) => void;
  readonly onRemove: () => void;
}

function ScheduleFields({ place, draft, api, reader, onChange, onRemove }: IFieldsProps): React.JSX.Element {
  const { trans } = reader;
  const id = (name: string): string => `nb2ops-schedule-${place}-${name}`;
  const [preview, wrong] = usePreview(draft, api);
  return (
    <fieldset className="nb2ops-Fields">
      <legend>{trans.__('Schedule %1', place + 1)}</legend>
      <Field id={id('rhythm')} label={trans.__('Runs')}>
        {attributes => (
          <select
            {...attributes}
            className="jp-mod-styled"
            value={draft.rhythm}
            onChange={event => {
              onChange({ ...draft, rhythm: event.target.value as Rhythm });
            }}
          >
            <option value="every">{trans.__('every so often')}</option>
            <option value="daily">{trans.__('every day')}</option>
            <option value="weekly">{trans.__('on days of the week')}</option>
            <option value="monthly">{trans.__('on a day of the month')}</option>
            <option value="cron">{trans.__('by a cron expression')}</option>
            {draft.rrule !== '' && <option value="rrule">{trans.__('by its RRULE')}</option>}
          </select>
        )}
      </Field>
      <Details draft={draft} reader={reader} id={id} wrong={wrong} onChange={onChange} />
      <Field id={id('zone')} label={trans.__('Time zone')} wrong={wrong.timezone}>
        {attributes => (
          <select
            {...attributes}
            className="jp-mod-styled"
            value={draft.timezone}
            onChange={event => {
              onChange({ ...draft, timezone: event.target.value });
            }}
          >
            {zones(draft.timezone, reader.zone).map(zone => (
              <option key={zone}>{zone}</option>
            ))}
          </select>
        )}
      </Field>
      <NextRuns draft={draft} preview={preview} reader={reader} />
      <button type="button" className="jp-mod-styled" onClick={onRemove}>
        {trans.__('Remove this schedule')}
      </button>
    </fieldset>
  );
}

interface IDetailsProps {
  readonly draft: Draft;
  readonly reader: Reader;
  readonly id: (name: string) => string;
  readonly wrong: Readonly<Record<string, string>>;
  readonly onChange: (draft: Draft) => void;
}

/** What the rhythm needs: how often, at which time, on which days. */
function Details({ draft, reader, id, wrong, onChange }: IDetailsProps): React.JSX.Element {
  const { trans } = reader;
  const text = (
    name: 'count' | 'day' | 'cron' | 'rrule' | 'time',
    label: string,
    type = 'text'
  ): React.JSX.Element => (
    <Field
      id={id(name)}
      label={label}
      wrong={wrong[name === 'count' ? 'interval' : name === 'rrule' ? 'rrule' : 'cron']}
    >
      {attributes => (
        <input
          {...attributes}
          className="jp-mod-styled"
          type={type}
          value={draft[name]}
          onChange={event => {
            onChange({ ...draft, [name]: event.target.value });
          }}
        />
      )}
    </Field>
  );
  const time = text('time', trans.__('At'), 'time');
  switch (draft.rhythm) {
    case 'every':
      return (
        <>
          {text('count', trans.__('Every'))}
          <Field id={id('unit')} label={trans.__('Unit')}>
            {attributes => (
              <select
                {...attributes}
                className="jp-mod-styled"
                value={draft.unit}
                onChange={event => {
                  onChange({ ...draft, unit: Number(event.target.value) });
                }}
              >
                {[trans.__('minutes'), trans.__('hours'), trans.__('days')].map((name, index) => (
                  <option key={name} value={UNITS[index]}>
                    {name}
                  </option>
                ))}
              </select>
            )}
          </Field>
        </>
      );
    case 'daily':
      return time;
    case 'weekly':
      return (
        <>
          <Weekdays draft={draft} reader={reader} onChange={onChange} />
          {time}
        </>
      );
    case 'monthly':
      return (
        <>
          {text('day', trans.__('Day of the month'), 'number')}
          {time}
        </>
      );
    case 'cron':
      return text('cron', trans.__('Cron: minute, hour, day, month, day of the week'));
    case 'rrule':
      return text('rrule', 'RRULE');
  }
}

function Weekdays({
  draft,
  reader,
  onChange
}: Pick<IDetailsProps, 'draft' | 'reader' | 'onChange'>): React.JSX.Element {
  const name = new Intl.DateTimeFormat(reader.language, { weekday: 'short', timeZone: 'UTC' });
  return (
    <div className="nb2ops-Weekdays" role="group" aria-label={reader.trans.__('Days of the week')}>
      {WEEKDAYS.map(day => (
        <label key={day}>
          <input
            type="checkbox"
            checked={draft.weekdays.includes(day)}
            onChange={event => {
              const others = draft.weekdays.filter(each => each !== day);
              onChange({ ...draft, weekdays: event.target.checked ? [...others, day] : others });
            }}
          />
          {name.format(Date.UTC(2023, 0, 1 + day)) /* the first of January 2023 was a Sunday */}
        </label>
      ))}
    </div>
  );
}

function NextRuns(props: {
  readonly draft: Draft;
  readonly preview: Preview | null;
  readonly reader: Reader;
}): React.JSX.Element {
  const { draft, preview, reader } = props;
  const asked = { cron: null, interval: null, rrule: null, ...scheduleOf(draft) };
  const told = words({ ...asked, timezone: draft.timezone, active: true, parameters: {} }, reader);
  const format = new Intl.DateTimeFormat(reader.language, {
    weekday: 'short',
    day: 'numeric',
    month: 'short',
    hour: '2-digit',
    minute: '2-digit',
    timeZone: draft.timezone,
    timeZoneName: 'short'
  });
  return (
    <div className="nb2ops-Preview" aria-live="polite">
      <strong>{told}</strong>
      {preview && (
        <ol aria-label={reader.trans.__('Next runs')}>
          {preview.next_runs.slice(0, 5).map(({ time }) => (
            <li key={time}>{format.format(Date.parse(time))}</li>
          ))}
        </ol>
      )}
      {preview?.clock_changes.map(change => (
        <p key={change.text}>{change.text}</p>
      ))}
    </div>
  );
}

const SETTLED = 300; // milliseconds after the last change of a draft

/** When a schedule would run, and what is wrong with it by field, as the server says. */
function usePreview(draft: Draft, api: Api): [Preview | null, Readonly<Record<string, string>>] {
  const [known, set] = React.useState<[Preview | null, Readonly<Record<string, string>>]>([null, {}]);
  React.useEffect(() => {
    let current = true;
    const timer = window.setTimeout(() => {
      api.preview(scheduleOf(draft)).then(
        preview => {
          if (current) {
            set([preview, {}]);
          }
        },
        (error: unknown) => {
          const { fields, message, field } = faultOf(error);
          if (current) {
            set([null, Object.keys(fields).length ? fields : { [field ?? 'cron']: message }]);
          }
        }
      );
    }, SETTLED);
    return () => {
      current = false;
      window.clearTimeout(timer);
    };
  }, [api, JSON.stringify(scheduleOf(draft))]);
  return known;
}

function zones(...wanted: string[]): string[] {
  return [...new Set([...wanted, 'UTC', ...Intl.supportedValuesOf('timeZone')])];
}
