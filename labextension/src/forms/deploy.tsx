import * as React from 'react';
import type { Api } from '../api';
import { OUR_POOL } from '../pools';
import type { Reader } from '../reader';
import type { DeployRequest, Deployed, Parameter, Pool } from '../wire';
import { Field, Form, FormFault } from './dialog';
import { type Draft, newDraft, scheduleOf } from './draft';
import { ParameterFields, wrongParameters } from './parameters';
import { isShown } from './run';
import { Schedules } from './schedules';
import { type Texts, changedValues, initialTexts, wrongTexts } from './values';

/** What a deployment needs: a name, when it runs, where, with which values, and what happens after a failure. */
export class DeployForm extends Form<Deployed> {
  constructor(
    private readonly path: string,
    name: string,
    private readonly parameters: readonly Parameter[],
    private readonly pools: readonly Pool[],
    private readonly api: Api,
    private readonly reader: Reader
  ) {
    super();
    this.before = initialTexts(parameters);
    this.texts = this.before;
    this.name = name;
    this.drafts = [newDraft(reader.zone)];
  }

  protected override render(): React.JSX.Element {
    const { parameters, texts, reader, state, drafts, api } = this;
    const { trans } = reader;
    const fields = state.fault?.fields ?? {};
    const shown = isShown(parameters);
    return (
      <>
        <FormFault
          fault={state.fault}
          shown={field => ['name', 'pool', 'retries', 'on_failure'].includes(field) || shown(field)}
        />
        {this.input('name', trans.__('Name'), fields.name)}
        <Schedules
          drafts={drafts}
          api={api}
          reader={reader}
          onChange={next => {
            this.change({ drafts: next });
          }}
        />
        {this.poolField(fields.pool)}
        <ParameterFields
          parameters={parameters}
          texts={texts}
          trans={trans}
          wrong={{ ...wrongParameters(fields), ...this.wrong }}
          onChange={(name, text) => {
            this.change({ texts: { ...this.texts, [name]: text } });
          }}
        />
        {this.input('retries', trans.__('Tries after a failure'), fields.retries, 'number')}
        {this.input(
          'told',
          trans.__('Tell of failures'),
          fields.on_failure,
          'text',
          trans.__('webhook:https://… or block:TYPE/NAME, several with spaces between. Empty: as it is.')
        )}
        <Field id="nb2ops-deploy-overlap" label={trans.__('A run that comes while one is going')}>
          {attributes => (
            <select
              {...attributes}
              className="jp-mod-styled"
              value={this.overlap}
              onChange={event => {
                this.change({ overlap: event.target.value as NonNullable<DeployRequest['overlap']> });
              }}
            >
              <option value="skip">{trans.__('is skipped')}</option>
              <option value="queue">{trans.__('waits')}</option>
              <option value="parallel">{trans.__('runs beside it')}</option>
            </select>
          )}
        </Field>
      </>
    );
  }

  protected override async send(): Promise<Deployed | null> {
    if (Object.keys(this.wrong).length) {
      return null;
    }
    const told = this.told.split(/\s+/).filter(each => each !== '');
    return this.api.deploy({
      path: this.path,
      name: this.name.trim(),
      schedules: this.drafts.map(scheduleOf),
      parameters: changedValues(this.parameters, this.texts, this.before),
      ...(this.pool ? { pool: this.pool } : {}),
      overlap: this.overlap,
      retries: Number(this.retries),
      ...(told.length ? { on_failure: told } : {})
    });
  }

  private input(
    name: 'name' | 'retries' | 'told',
    label: string,
    wrong?: string,
    type = 'text',
    help?: string
  ): React.JSX.Element {
    return (
      <Field id={`nb2ops-deploy-${name}`} label={label} wrong={wrong} help={help}>
        {attributes => (
          <input
            {...attributes}
            className="jp-mod-styled"
            type={type}
            min={0}
            value={this[name]}
            onChange={event => {
              this.change({ [name]: event.target.value });
            }}
          />
        )}
      </Field>
    );
  }

  private poolField(wrong?: string): React.JSX.Element {
    const { trans } = this.reader;
    const names = [...new Set([OUR_POOL, ...this.pools.map(pool => pool.name)])];
    const chosen = this.pools.find(pool => pool.name === (this.pool || OUR_POOL));
    const help = chosen?.workers_online === 0 ? trans.__('No worker is online for this pool.') : undefined;
    return (
      <Field id="nb2ops-deploy-pool" label={trans.__('Work pool')} wrong={wrong} help={help}>
        {attributes => (
          <select
            {...attributes}
            className="jp-mod-styled"
            value={this.pool || OUR_POOL}
            onChange={event => {
              this.change({ pool: event.target.value });
            }}
          >
            {names.map(name => (
              <option key={name}>{name}</option>
            ))}
          </select>
        )}
      </Field>
    );
  }

  private get wrong(): Record<string, string> {
    return wrongTexts(this.parameters, this.texts, this.before, this.reader.trans);
  }

  private change(
    next: Partial<{
      name: string;
      drafts: readonly Draft[];
      pool: string;
      texts: Texts;
      retries: string;
      told: string;
      overlap: NonNullable<DeployRequest['overlap']>;
    }>
  ): void {
    Object.assign(this, next);
    this.update();
  }

  private name: string;
  private drafts: readonly Draft[];
  private pool = '';
  private overlap: NonNullable<DeployRequest['overlap']> = 'skip';
  private retries = '0';
  private told = '';
  private texts: Texts;
  private readonly before: Texts;
}
