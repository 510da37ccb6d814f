import type { Engine } from '../../vectors/engine/types.ts'
import { lengthForKl } from '../../vectors/verify/calibrate.ts'
import { type DoseProbe, measureDose } from '../../vectors/verify/dose.ts'
import { type Site, steeredCondition } from '../plan/conditions.ts'
import { type PlanInput, planStudy } from '../plan/plan.ts'
import { InputError } from '../errors.ts'

export interface CalibrationOptions {
  readonly engine: Engine
  readonly dose: DoseProbe
  readonly plan: Omit<PlanInput, 'lengthOf'>
  readonly onProgress: (done: number, total: number) => void
}

/**
 * For unit kl: the length of every vector at every strength that the study uses, in robust norms, so that the mean KL of both signs on neutral
 * text is the strength. The same file and texts give the same lengths. Errors: InputError for an operation whose size no length decides.
 */
export async function calibrateLengths(options: CalibrationOptions): Promise<NonNullable<Site['lengthOf']>> {
  const { engine, dose, plan, onProgress } = options
  const { study, set, layers } = plan
  if (study.operation !== 'add' && study.operation !== 'rotate')
    throw new InputError(
      `unit kl calibrates what is added; operation ${study.operation} takes unit norm, centred or robust`,
    )
  const site: Site = { layers, operation: study.operation, unit: 'kl', window: study.window }
  const wanted = wantedLengths(plan)
  const lengths = new Map<string, number>()
  for (const { name, strength } of wanted) {
    const klAt = async (length: number) => {
      const at = { ...site, lengthOf: () => length }
      const plus = await measureDose(engine, dose, steeredCondition(set, at, name, strength))
      const minus = await measureDose(engine, dose, steeredCondition(set, at, name, -strength))
      return (plus.meanKl + minus.meanKl) / 2
    }
    lengths.set(placeOf(name, strength), await lengthForKl(name, strength, klAt))
    onProgress(lengths.size, wanted.length)
  }
  return (name, strength) => lengths.get(placeOf(name, strength))!
}

const placeOf = (name: string, strength: number): string => `${name} ${strength}`

/** What a plan asks for: made once with any lengths, to hear of all. */
function wantedLengths(plan: CalibrationOptions['plan']): { readonly name: string; readonly strength: number }[] {
  const asked = new Map<string, { name: string; strength: number }>()
  planStudy({
    ...plan,
    lengthOf(name, strength) {
      asked.set(placeOf(name, strength), { name, strength })
      return 1
    },
  })
  return [...asked.values()]
}
