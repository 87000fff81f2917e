// A worker that takes a job, says so to its parent and never ends it: to be killed.   hold.mjs QUEUE OPTIONS-AS-JSON
import {Worker} from 'bullmq';

const [name, options] = process.argv.slice(2);
const forever = () => {
  process.send('taken');
  return new Promise(() => {});
};
new Worker(name, forever, JSON.parse(options));
