import * as React from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { JsonObject, Parameter, Run } from '../wire';
import { Form, FormFault } from './dialog';
import { ParameterFields, wrongParameters } from './parameters';
import { type Texts, changedValues, initialTexts, wrongTexts } from './values';

/** The parameters of a run, to be started when the form is sent. */
export class RunForm extends Form<Run> {
  /**
   * @param parameters - What the notebook takes.
   * @param given - Values in place of the defaults.
   * @param start - Starts the run with the values that were changed; `force`: every step runs.
   * @param reuses - Whether earlier results of steps stand in, unless somebody asks for `force`.
   */
  constructor(
    private readonly parameters: readonly Parameter[],
    given: JsonObject,
    private readonly trans: TranslationBundle,
    private readonly start: (values: JsonObject, force: boolean) => Promise<Run>,
    private readonly reuses = false
  ) {
    super();
    this.before = initialTexts(parameters, given);
    this.texts = this.before;
  }

  protected override render(): React.JSX.Element {
    const { parameters, texts, trans, state } = this;
    return (
      <>
        <FormFault fault={state.fault} shown={isShown(parameters)} />
        <ParameterFields
          parameters={parameters}
          texts={texts}
          trans={trans}
          wrong={{ ...wrongParameters(state.fault?.fields), ...this.wrong }}
          onChange={(name, text) => {
            this.texts = { ...this.texts, [name]: text };
            this.update();
          }}
        />
        {this.reuses && (
          <label className="nb2ops-Choice">
            <input
              type="checkbox"
              checked={this.force}
              onChange={event => {
                this.force = event.target.checked;
                this.update();
              }}
            />
            {trans.__('Run every step, also where an earlier result would do')}
          </label>
        )}
      </>
    );
  }

  protected override async send(): Promise<Run | null> {
    if (Object.keys(this.wrong).length) {
      return null;
    }
    return this.start(changedValues(this.parameters, this.texts, this.before), this.force);
  }

  private get wrong(): Record<string, string> {
    return wrongTexts(this.parameters, this.texts, this.before, this.trans);
  }

  private readonly before: Texts;
  private texts: Texts;
  private force = false;
}

/** Whether a message about a part of the request has its place beside a field. */
export function isShown(parameters: readonly Parameter[]): (field: string) => boolean {
  return field => parameters.some(({ name, secret }) => secret === null && field === `parameters.${name}`);
}
