# python.py - connect, set, get, pipeline 1,000 requests, quit: Python's redis.
#
#     python3 python.py PORT
import sys

import redis

client = redis.Redis(port=int(sys.argv[1]))


def expect(reply, value):
    if reply != value:
        sys.exit(f'the reply is {reply!r}, and not {value!r}')


expect(client.set('key', 'a value'), True)
expect(client.get('key'), b'a value')
expect(client.get('no such key'), None)

pipeline = client.pipeline(transaction=False)
for i in range(500):
    pipeline.set(f'n{i}', i).get(f'n{i}')
expect(pipeline.execute(), [reply for i in range(500) for reply in (True, b'%d' % i)])

expect(client.set('binary', b'\0\r\n\xff\0'), True)
expect(client.get('binary'), b'\0\r\n\xff\0')
expect(client.execute_command('QUIT'), True)
client.close()
