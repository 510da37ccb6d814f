export {
  beginRun,
  finishRun,
  planConditions,
  putBasis,
  putCondition,
  putDose,
  putEvent,
  putModel,
  putScenario,
  putVectorSet,
} from './write-run.ts'
export { claimEpisode, failAttempt, finishEpisode, planEpisodes } from './write-episode.ts'
export { writeTurn } from './write-turn.ts'
export { planProbes, putCheckAnswer, putProbeAnswer } from './write-probe.ts'
