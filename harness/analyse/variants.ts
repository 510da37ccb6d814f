import { allVariants, chooseVariant } from '../scenario/expand.ts'
import type { Scenario } from '../scenario/schema.ts'
import type { ProbeRow } from '../store/types.ts'

/** The answers of each variant with those of its twin: an agent scenario's twin is another variant. */
export function variantTables<Row extends Pick<ProbeRow, 'variant' | 'isTwin'>>(
  scenario: Pick<Scenario, 'variants' | 'twin'>,
  rows: readonly Row[],
): { readonly variant: string; readonly rows: readonly Row[] }[] {
  return allVariants(scenario).flatMap(({ name, options }) => {
    const twin = scenario.twin ? chooseVariant(scenario, { ...options, ...scenario.twin.set }).name : name
    const own = rows.filter(({ variant, isTwin }) => variant === (isTwin ? twin : name))
    return own.some(({ isTwin }) => !isTwin) ? [{ variant: name, rows: own }] : []
  })
}
