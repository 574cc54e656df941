import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { Parameter } from '../wire';
import { Field, type FieldAttributes } from './dialog';
import { type Texts, fillable } from './values';

interface IProps {
  readonly parameters: readonly Parameter[];
  readonly texts: Texts;
  /** By the parameter's name. */
  readonly wrong: Readonly<Record<string, string>>;
  readonly trans: TranslationBundle;
  readonly onChange: (name: string, text: string) => void;
}

/** A field for each parameter of a notebook, by its type. */
export function ParameterFields(props: IProps): React.JSX.Element {
  const { parameters, texts, wrong, trans, onChange } = props;
  const shown = fillable(parameters);
  const secrets = parameters.filter(parameter => parameter.secret !== null).map(each => each.name);
  return (
    <fieldset className="nb2ops-Fields">
      <legend>{trans.__('Parameters')}</legend>
      {shown.length === 0 && <p>{trans.__('The notebook has no parameters.')}</p>}
      {shown.map(parameter => (
        <Field
          key={parameter.name}
          id={`nb2ops-parameter-${parameter.name}`}
          label={`${parameter.name}: ${parameter.words}`}
          help={helpOf(parameter, trans)}
          wrong={wrong[parameter.name]}
        >
          {attributes =>
            input(parameter, texts[parameter.name] ?? '', attributes, text => {
              onChange(parameter.name, text);
            })
          }
        </Field>
      ))}
      {secrets.length > 0 && (
        <p className="nb2ops-Field-help">{trans.__('Taken from Secret blocks: %1', secrets.join(', '))}</p>
      )}
    </fieldset>
  );
}

/** What the server said of `parameters.NAME`, by name. */
export function wrongParameters(fields: Readonly<Record<string, string>> = {}): Record<string, string> {
  const prefix = 'parameters.';
  const named = Object.entries(fields).filter(([field]) => field.startsWith(prefix));
  return Object.fromEntries(named.map(([field, text]) => [field.slice(prefix.length), text]));
}

function helpOf(parameter: Parameter, trans: TranslationBundle): string {
  const computed = parameter.computed ? trans.__('Computed by the notebook if left empty.') : '';
  return [parameter.help, computed].filter(text => text !== '').join(' ');
}

const INPUTS: Readonly<Record<string, string>> = {
  date: 'date',
  time: 'time',
  integer: 'text',
  number: 'text'
};

function input(
  parameter: Parameter,
  text: string,
  attributes: FieldAttributes,
  onChange: (text: string) => void
): React.JSX.Element {
  const { kind, choices, optional, name } = parameter;
  if (kind === 'boolean' || kind === 'choice') {
    const options = kind === 'boolean' ? ['true', 'false'] : (choices ?? []).map((_, place) => String(place));
    const labels =
      kind === 'boolean'
        ? ['True', 'False']
        : (choices ?? []).map(each => (typeof each === 'string' ? each : JSON.stringify(each)));
    return (
      <select
        {...attributes}
        className="jp-mod-styled"
        name={name}
        value={text}
        onChange={event => {
          onChange(event.target.value);
        }}
      >
        {(optional || text === '') && <option value="">–</option>}
        {options.map((value, place) => (
          <option key={value} value={value}>
            {labels[place]}
          </option>
        ))}
      </select>
    );
  }
  return (
    <input
      {...attributes}
      className="jp-mod-styled"
      name={name}
      type={INPUTS[kind] ?? 'text'}
      inputMode={kind === 'integer' ? 'numeric' : kind === 'number' ? 'decimal' : 'text'}
      step={kind === 'time' ? 1 : undefined}
      min={parameter.minimum ?? undefined}
      max={parameter.maximum ?? undefined}
      placeholder={parameter.default}
      value={text}
      autoComplete="off"
      spellCheck={false}
      onChange={event => {
        onChange(event.target.value);
      }}
    />
  );
}
