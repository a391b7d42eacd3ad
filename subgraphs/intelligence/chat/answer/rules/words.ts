/** A question as the rules read it: lower case, plain quotes, one blank between words. */
export const plain = (text: string): string =>
  text
    .normalize("NFKC")
    .toLowerCase()
    .replace(/[\u2018\u2019]/g, "'")
    .replace(/[\u201c\u201d]/g, '"')
    .replace(/\s+/g, " ")
    .trim();

/** A name without what people leave out or mix up. */
export const squashed = (name: string): string => name.toLowerCase().replace(/[^a-z0-9]/g, "");

/** Letters that are wrong, missing, too many or swapped (optimal string alignment). */
export function distance(one: string, other: string): number {
  let beforeLast: number[] = [];
  let last = Array.from({ length: other.length + 1 }, (_, index) => index);
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const isSame = one[i - 1] === other[j - 1];
      const isSwapped = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      row[j] = Math.min(
        (last[j] ?? 0) + 1,
        (row[j - 1] ?? 0) + 1,
        (last[j - 1] ?? 0) + (isSame ? 0 : 1),
        isSwapped ? (beforeLast[j - 2] ?? 0) + 1 : Number.POSITIVE_INFINITY,
      );
    }
    beforeLast = last;
    last = row;
  }
  return last[other.length] ?? 0;
}

const list = (words: string): ReadonlySet<string> => new Set(words.split(/\s+/).filter(Boolean));

/** Words of English and of the trade, in their shortest form; none is the name of something that runs. */
const ORDINARY = list(`
  a about above across active acknowledge ack actually affected after again against ago alarm alarms alert alerting alerts all alone already also
  always am an and another any anybody anything api apis app application applications apps are around as ask at available average avg away
  back bad be because become been before behaving being below better between big both break breaking broke broken but by
  call called calling calls came can cannot cant capacity causal cause caused causes causing cert certificate certificates certs change changed
  changes check checks chart cluster clusters compare consume consumed consuming consumption container containers contains core cores could count cpu crash crashed
  crashes crashing crashloop crashlooping crashloopbackoff critical culprit current currently customers
  daemonset dashboard database day days debug degraded delay deploy deployed deployment deployments deploys details diagnose did die died dies different
  disk disks do does doing dont down drop dropped due during dying
  each either else end endpoint endpoints ended environment err error errored erroring errors even event events ever every everything everywhere evicted
  exactly exception exceptions execute existing exist expire expired expires expiring explain explanation
  fail failed failing fails failure failures far fast few fill filled filling find fine fire fired fires firing first fleet following for found free from full
  get gets getting give go goes going gone good got gpu gpus graph
  had hang happen happened happening happens hard has have having he health healthy heavily hello help her here hey hi high higher highest him his
  hot hour hourly hours how
  i idle if ignore im immediately in incident incidents info information ingress inside instance instances instructions into investigate is issue issues it its
  job jobs just keep keeps know kubernetes k8s
  lag lagging last late latency latest latencies leak leaking least left less let level like line lines list little load log logged logging logs logql long look
  lookup looking lot low lower lowest
  make makes many matter max maximum may maybe me mean memory message messages metric metrics might min minimum minute minutes model more most much mute my
  namespace namespaces near need needs network new next nice nine no node nodes none normal not nothing notready now number
  occurred of off often ok okay old on once one ones ongoing only oom oomkilled open operation operations operators or other our out outage over overall overloaded overview
  p50 p90 p95 p99 page paged pages paging panic panics parts past path peak pending people per percent percentile perform performance performing phase please pod pods
  point poor possible pressure previous prior probably problem problems process processes prod production promql pull purpose
  queries query question quick quickly quite
  ram random rate rates ratio reach reachable reaching ready really reason reasons recent recently record regarding region related release released releases reported reports
  request requests reset resource resources respond responding response responses restart restarted restarting restarts result results retries right rolled rollout rollouts root
  rule run running runs
  same saturated say saying says second seconds see seeing seem seems seen send serious serve served server servers service services set setup severe severity share
  she should show showing shows sick side silence silenced silences silencing since site sites situation slo slow slower slowest slowly slowness sluggish so some somebody
  someone something sometimes soon sorry space span spans spike spikes spiking stack staging start started starting starts state statefulset status still stop
  stopped strange stuck such suddenly summarise summarize summary sure system
  take taken takes taking talk team tell than thank thanks that the their them then there these they thing things think this those throttle throttled throttling throughput time
  timeout timeouts times timing tls to today together tomorrow tonight too took top total trace traced traces traceql traffic tried trouble try trying type
  unavailable under understand unhealthy until unusual up upstream urgent us usage use used user users uses using utilisation utilization
  value values versus very via view vs
  wait waiting want warning warnings was waste wasted way we week weird well went were what whats when where whether which while who whole whose why will with within without
  won work working workload workloads works worse worst would write wrong
  x509 xid xids yes yesterday yet you your zero anomaly anomalies anomalous abnormal outlier outliers
  bytes size gib gb mib mb percent% qps rps ms millisecond milliseconds morning night evening dev development lab stage
  fell fall falls bus allocated unused underutilised underutilized accelerator accelerators nvidia cuda dcgm vram ecc sql mutation graphql hub edge spoke
  figure happy nobody connection connections refused reset resets kill killed killing killer lose losing lost hit hits hitting stuff guess guys hm hmm uh um okay ok pls plz asap
  bit kind sort sorts kinds anywhere colleague colleagues boss manager told customer complaining complain complains mention mentions mentioned says saw noticed notice
  thrown throw throwing throws emit emits written reported raised raise cordon cordoned taint tainted tainted drained condition conditions quota limit limits
  trend trending grow grows growing grew rise rises rising rose compare comparing compared comparison versus previous earlier usual usually than as-is whatever
  look looks keep kept behind under onto per page's it's what's that's who's where's there's let's i'm we're they're don't doesn't isn't aren't can't won't didn't
  ci cd gitops pipeline prometheus loki tempo alertmanager grafana thanos openshift microshift storage volume volumes pvc filesystem filesystems inode inodes
  shift oncall on-call recap brief fresh short long-running overnight handover rundown picture quickly shape fix fixing resolve resolved solve mitigated restore
  act burn trust begin shift version busy detect anythings idea plan really report seem likely unlikely exact general specific main major minor particular various certain common simple clear
  north south east west central coast eat hungry roof quarter hour open opens mine ours ask tell sit stand far near
  weather poem story joke recipe world cup country capital city book song movie game play friend family money price buy sell food drink sport win
  ago's soon's half quarter couple dozen two three four five six seven eight nine ten hundred
`);

/** The endings of words, and what they stand in the place of. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ["s", ""],
  ["es", ""],
  ["ies", "y"],
  ["ed", ""],
  ["ed", "e"],
  ["ing", ""],
  ["ing", "e"],
  ["ly", ""],
  ["er", ""],
  ["est", ""],
];

/** Whether it is a word of the language, in whatever form. */
export function isOrdinary(word: string): boolean {
  if (ORDINARY.has(word)) return true;
  return ENDINGS.some(([ending, instead]) => {
    if (!word.endsWith(ending) || word.length - ending.length < 3) return false;
    const stem = word.slice(0, word.length - ending.length);
    return ORDINARY.has(stem + instead) || (stem.at(-1) === stem.at(-2) && ORDINARY.has(stem.slice(0, -1)));
  });
}
