// The rules alone, for callers that have frames but no Node.
export {
  applyRules,
  NO_FRAMES_YET,
  type Observation,
  type RuleAlarm,
  type RuleState,
  type Rules,
  type Ruling,
} from './rules/rules.js';
