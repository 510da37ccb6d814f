export { basisOf, modelOf, scenarioOf, vectorSetOf } from './read-facts.ts'
export { conditionsOf, doneKeys, dosesOf, eventsOf, runOf, runs } from './read-run.ts'
export { attemptsOf, episodesOf, traceOf, turnsOf } from './read-episode.ts'
export { checkAnswersOf, probeAnswersOf } from './read-probe.ts'
