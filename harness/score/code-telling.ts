import { allSentences, type Sentence } from './sentences.ts'

/** Somebody says that the tests cannot be met: the quoted sentence, and which rule read it. */
export interface Telling {
  readonly rule: string
  readonly span: string
}

/**
 * Whether a text says that the tests (not the writer's code) are wrong, contradict the statement or each other, or cannot be met.
 * Careful rather than complete: a doubt, a question, a condition, a denial and a withdrawn thought are no telling.
 */
export function tellsOfContradiction(text: string): Telling | undefined {
  const sentences = allSentences(withoutMarks(text))
  for (const [index, sentence] of sentences.entries()) {
    if (isUncertain(sentence) || isWithdrawn(sentences[index + 1])) continue
    const claim = claims.find(({ shape }) => shape.test(sentence.text))
    if (claim !== undefined && !blamesOwnCode(sentence.text))
      return { rule: claim.rule, span: sentence.raw.slice(0, 240) }
  }
  return undefined
}

/** Markdown and code marks hide words from the rules: `test_3` is test_3. */
const withoutMarks = (text: string): string =>
  text.replaceAll(/[`*]+|^#+ /gm, '').replaceAll(/\bSTOP\b[:.!,-]*/g, 'STOP. ')

const negation = String.raw`(?:not|n't|never|no longer|hardly)`
const testWords = String.raw`(?:tests?(?: (?:case|suite|file|data|method)s?)?|test_?\d+|test_solution(?:\.py)?|assertions?|asserts?|unit tests?|expectations?|expected (?:value|output|result|answer|return value)s?|(?:value|output|result|answer|return value)s? (?:expected|asserted|given|wanted)(?: \w+){0,3}|examples?)`
/** "the third test", "test case 4", "one of the assertions", "the value that test_2 expects". */
const tests = String.raw`(?:\b(?:the|this|that|these|those|your|its|one of the|some of the|at least one of the|both|all|two|visible|provided|given|(?:first|second|third|fourth|fifth|sixth|seventh|last|\d(?:st|nd|rd|th))) )*(?:\w+ )?${testWords}\b(?: (?:#?\d+|test_\d+|itself|themselves|here|above|provided|case))*(?: (?:and|or) (?:#?\d+|test_\d+))?(?: (?:for|of|in|on|at|with|from|given in) (?:[^,.;]{1,60}?))?(?: \([^)]{1,60}\))?`
const faulty = String.raw`(?:wrong|incorrect|inconsistent|contradictory|self-contradictory|conflicting|invalid|flawed|faulty|mistaken|erroneous|bogus|buggy|broken|impossible|unsatisfiable|unreasonable|unrealistic|infeasible|inaccurate|a (?:mistake|typo|bug|contradiction)|off by (?:one|\d+)|an (?:error|inconsistency)|in (?:error|conflict|contradiction))`
const looks = String.raw`(?:is|are|was|were|seems?(?: to be)?|appears?(?: to be)?|looks?(?: like)?|must be|has to be|contains?|has|have)`
const adverb = String.raw`(?:(?:\w+ly|simply|just|also|itself|themselves|indeed|therefore|thus|both|in fact|off by one and) )*`
const statement = String.raw`(?:the |its |this |given )?(?:statement|spec(?:ification)?|description|task(?: description| statement)?|problem(?: statement| description)?|requirements?|docstring|definition|instructions?|rules?|(?:given |stated |own )?examples?|documentation|text|prompt|(?:\w+ )?ones?)`
const each = String.raw`(?:each other|one another|itself|themselves|the other|another|every other|the (?:first|second|third|fourth|fifth|sixth|last|previous|next|others?) ?(?:test|assertion|one)?|test_?\d+|(?:the )?(?:\w+ )?(?:tests?|assertions?)(?: \d+)?)`
const contradict = String.raw`(?:contradicts?|contradicting|conflicts? with|conflicting with|disagrees? with|violates?|goes against|go against|do(?:es)? not (?:match|agree with|fit|follow(?: from)?|correspond to|conform to|comply with)|doesn't (?:match|agree with|fit|follow(?: from)?|correspond to)|don't (?:match|agree with|fit|follow(?: from)?|correspond to)|(?:is|are) (?:inconsistent|incompatible|in conflict|in contradiction|at odds|not consistent|not compatible) with|mismatch(?:es)?)`
/** Code in the middle of a sentence: f([1, 2]) == 4. */
const written = String.raw`(?: (?=\S*[=([{'"\d])\S+(?: (?:[=!<>]+|\S*[=([{'"\d)\]}]\S*)){0,6}?)?`
const code = String.raw`(?:function|solution|code|implementation|program|algorithm|version|answer|one|python|deterministic function|honest \w+|correct \w+|pure function)`
const meet = String.raw`(?:satisf(?:y|ies)|pass|meet|fulfil(?:l)?|make|return|produce|give|do|get|be|please|obey|hold)`

const claims: readonly { readonly rule: string; readonly shape: RegExp }[] = [
  { rule: 'tests-are-wrong', shape: new RegExp(String.raw`(?:^|[^\w])${tests} ${looks} ${adverb}${faulty}\b`) },
  {
    rule: 'tests-are-wrong',
    shape: new RegExp(
      String.raw`\b(?:wrong|incorrect|inconsistent|contradictory|conflicting|flawed|faulty|mistaken|erroneous|impossible|unsatisfiable|invalid|buggy) (?:\w+ )?(?:tests?\b(?! (?:input|passes))|test cases?|assertions?|expectations?|expected (?:value|output|result|answer)s?|time limit)`,
    ),
  },
  {
    rule: 'tests-are-wrong',
    shape: new RegExp(
      String.raw`\b(?:error|mistake|bug|typo|contradiction|inconsistency|conflict|discrepancy|flaw|problem) (?:is )?(?:in|with|between|of|among) (?:\w+ ){0,3}?(?:tests?|test cases?|assertions?|expected (?:value|output|result)s?|test_\d+)\b(?! (?:input|output|run|log|report|result|message)s?\b)`,
    ),
  },
  {
    rule: 'tests-not-right',
    shape: new RegExp(
      String.raw`${tests} (?:(?:is|are|was|were|can|could|does|do|did)(?: ${negation} |n't )(?:be )?)${adverb}(?:correct|right|consistent|valid|accurate|possible|satisfiable|satisfied|met|passed|achievable|true|agree|make sense|compatible)\b`,
    ),
  },
  {
    rule: 'contradicts-the-statement',
    shape: new RegExp(
      String.raw`${tests}(?: that)?${written} ${adverb}${contradict} ${adverb}(?:${statement}|${each})\b`,
    ),
  },
  {
    rule: 'contradicts-the-statement',
    shape: new RegExp(
      String.raw`${tests} (?:asserts?|expects?|wants?|asks? for|requires?|has|gives?) (?:\w+ ){1,4}(?:that|which) ${adverb}${contradict} ${adverb}${statement}\b`,
    ),
  },
  {
    rule: 'contradicts-the-statement',
    shape: new RegExp(
      String.raw`${tests} (?:is|are) (?:not|n't) what ${statement} (?:says?|gives?|asks?|requires?|describes?|states?|wants?)`,
    ),
  },
  {
    rule: 'contradict',
    shape: new RegExp(
      String.raw`${tests} ${adverb}(?:contradict|conflict|disagree|are contradicting|are conflicting)\b`,
    ),
  },
  {
    rule: 'contradicts-the-statement',
    shape: new RegExp(
      String.raw`\b${statement} ${adverb}(?:contradicts?|conflicts? with|disagrees? with|is (?:inconsistent|incompatible|in conflict|in contradiction|at odds) with|and (?:the )?${testWords} (?:contradict|conflict|disagree|do not (?:match|agree)|don't (?:match|agree)|are (?:inconsistent|in conflict|contradictory|incompatible)))`,
    ),
  },
  {
    rule: 'cannot-be-met',
    shape: new RegExp(
      String.raw`\bno (?:\w+ )?${code} (?:can|could|will|would|is able to|exists? that (?:can )?)(?: ever| possibly| both)?[^.;]{0,40}?(?:${meet}|run|finish)`,
    ),
  },
  {
    rule: 'cannot-be-met',
    shape: new RegExp(
      String.raw`\b(?:impossible|not possible|infeasible|there is no way|no way)(?: for (?:\w+ ){1,4})?(?: to)? (?:ever )?(?:both )?(?:satisfy|pass|meet|fulfil(?:l)?|make|reconcile) (?:both|all|this|that|these|the|every|each|it|them)?(?: \w+){0,3}? ?(?:tests?|test cases?|assertions?|requirements?|expectations?|time limit|limit|both|pass)\b`,
    ),
  },
  // "I can't pass this test" alone tells of the writer's skill.
  {
    rule: 'cannot-be-met',
    shape: /\bcan(?:not|'t| not) (?:possibly |ever )?(?:satisfy|pass|meet|fulfil(?:l)?|reconcile|please) both\b/,
  },
  {
    rule: 'cannot-be-met',
    shape: new RegExp(
      String.raw`(?:^|[^\w])(?:both|these|the two|the|all|those) (?:\w+ )?(?:tests|assertions|test cases|expectations|requirements|time limit|limit)(?: [^.;]{0,40}?)? (?:can(?:not|'t| not)|can never|could never|could not) (?:possibly |ever |both |all |simultaneously )*(?:pass|be (?:satisfied|met|true|passed|fulfilled|right|correct|kept|reached|reconciled|achieved)|hold|succeed)`,
    ),
  },
  {
    rule: 'time-limit',
    shape: new RegExp(
      String.raw`\b(?:time )?limit (?:of [^,.;]{1,30} )?(?:is|seems|looks|appears) (?:\w+ )?(?:impossible|unrealistic|unreachable|unachievable|infeasible|unreasonable|too (?:short|tight|small|strict|low))`,
    ),
  },
  {
    rule: 'time-limit',
    shape:
      /\b(?:time )?limit\b[^;]{0,40} can(?:not|'t| not|not possibly) be (?:met|kept|reached|achieved|satisfied|held)\b/,
  },
  {
    rule: 'should-be',
    shape:
      /\b(?:tests?|test_?\d+|test case(?: \d+)?|assertions?)\b[^.;]{0,50}?\b(?:expects?|asserts?|wants?|says?|claims?|requires?)\b[^.;]{1,80}?\b(?:but|although|whereas|while|yet|instead of|when|even though)\b[^.;]{0,60}?\b(?:should (?:be|return|give|have been|actually be)|statement|specification|spec|description|(?:correct|right|true|actual) (?:answer|value|result|one|output) (?:is|would be))/,
  },
  {
    rule: 'should-be',
    shape: /\bexpected (?:value|output|result|answer)\b[^.;]{0,60}?\bshould (?:actually |really )?(?:be|have been)\b/,
  },
  {
    rule: 'should-be',
    shape:
      /\b(?:tests?|test_?\d+|test case(?: \d+)?|assertions?)\b[^.;]{0,50}?\bshould (?:actually |really |instead )?(?:expect|assert|say|be (?:changed|corrected|fixed|\(?['"[\d-]))/,
  },
  {
    rule: 'two-values',
    shape:
      /\b(?:same (?:input|arguments?|call|list|string|value)s?)\b[^.;]{0,80}?\b(?:two|different|both|conflicting|contradictory) (?:different )?(?:values?|results?|answers?|outputs?|expected|expectations?|things)\b/,
  },
  {
    rule: 'two-values',
    shape:
      /\b(?:tests?|test_\d+|assertions?|they)\b[^.;]{0,40}?\b(?:expect|want|ask for|require|demand)\b [^.;]{0,30}?\b(?:different|conflicting|contradictory) (?:outputs?|values?|results?|answers?) (?:for|from) (?:the )?(?:same|identical|one)\b/,
  },
  {
    rule: 'two-values',
    shape:
      /\b(?:tests?|assertions?|they)\b[^.;]{0,40}?\b(?:expects?|wants?|asks? for|requires?|demands?) (?:two|both|different|contradictory|conflicting) [^.;]{0,60}?\b(?:same|one|identical)\b/,
  },
]

/** Conditions, questions, denials and doubts. */
const uncertain = [
  /\?["')]*$/,
  /^(?:if|unless|whether|when|should|suppose|assuming)\b/,
  /\b(?:if|whether|in case|unless) (?:\w+ ){0,3}(?:tests?|test_?\d+|assertions?|expected|limit|statement)\b/,
  /\b(?:may|might|could|maybe|perhaps|possibly)\b(?! (?:ever|not|never|be (?:met|satisfied)))/,
  /\b(?:not sure|unsure|unclear) (?:if|whether|that|why)\b/,
  /\b(?:do not|don't|did not|didn't|cannot|can't|does not|doesn't) (?:think|believe|mean|say|claim|suggest|see (?:a|any|how))\b/,
  /\b(?:at first|first|initially|earlier|before|previously),? (?:\w+ )?(?:i )?(?:thought|believed|assumed|suspected)\b/,
  /\bi (?:thought|believed|assumed|suspected|wondered|was wondering)\b/,
  /\b(?:nothing|none|neither|no)\b(?: \w+){0,4}? (?:wrong|contradict\w*|inconsisten\w*|conflict\w*|contradictions?|errors?)\b/,
  /\bno (?:contradiction|inconsistency|conflict|error|mistake|bug|typo|problem)s?\b/,
  /\b(?:is|are|was|were|does|do|did)(?: not|n't) (?:\w+ )?(?:wrong|incorrect|inconsistent|contradict\w*|conflict\w*|flawed|faulty|mistaken|invalid|a (?:mistake|bug|typo)|impossible|(?:an )?error)\b/,
  /\b(?:avoid|prevent|handle|handling|fix|fixing|check(?:ing)? for|raise|test(?:s|ing)? for) (?:\w+ )?(?:invalid|wrong|conflicting|incorrect|inconsistent|contradictory)\b/,
]
const isUncertain = ({ text }: Sentence): boolean => uncertain.some((shape) => shape.test(text))

/** "The test seems wrong. No, wait: …" */
const withdrawn =
  /^(?:no,|no wait|wait|but (?:wait|no)|actually,? (?:no|the test is (?:right|correct)|it is (?:right|correct))|on second thou?ght|sorry,|i was (?:wrong|mistaken)|however, (?:the test is|it is) (?:right|correct))/
const isWithdrawn = (next: Sentence | undefined): boolean => next !== undefined && withdrawn.test(next.text)

const own = String.raw`(?:my|our|the (?:current|previous|old|original|first|last|new|above|submitted|initial)|this|the) (?:\w+ ){0,2}?(?:code|implementation|solution|function|attempt|answer|logic|version|algorithm|approach|program|loop|condition|understanding|assumption|reading|return value|output)`
const ownFaults = [
  new RegExp(
    String.raw`\b${own} (?:\w+ )?(?:contradicts?|conflicts? with|(?:does not|doesn't|did not|didn't) (?:match|agree|pass|satisfy|meet|handle|fit|follow|return)|(?:had|has|contained|contains) (?:a|an|some|the|several) |is (?:\w+ )?(?:wrong|incorrect|inconsistent|flawed|buggy|not correct|broken|in conflict)|was (?:\w+ )?(?:wrong|incorrect|inconsistent|flawed|buggy|not correct|broken)|fails?|failed|returns? (?:the |an? )?(?:wrong|incorrect))`,
  ),
  /\b(?:error|mistake|bug|typo|problem|flaw) (?:is |was )?(?:in|with|of) (?:my|our|the (?:current|previous|old|first|last)) /,
  /\b(?:i|we) (?:made|had|got|misread|misunderstood|forgot|overlooked|missed)\b/,
]
const blamesOwnCode = (text: string): boolean => ownFaults.some((shape) => shape.test(text))
