"""A collector as it is usually written in Python, to measure ours beside: one websocket, one idempotent producer, many records
under way. Usage: feed_python.py <port of the websocket server> <bootstrap.servers> <topic>"""

import asyncio
import json
import sys
import time

import websockets
from aiokafka import AIOKafkaProducer


async def main(port, servers, topic):
    producer = AIOKafkaProducer(bootstrap_servers=servers, enable_idempotence=True, acks="all", linger_ms=1)
    await producer.start()
    try:
        async with websockets.connect(f"ws://127.0.0.1:{port}/stream", max_size=None, max_queue=1024, compression=None, ping_interval=None) as ws:
            async for frame in ws:
                received = str(time.time_ns() // 1000).encode()
                event = json.loads(frame)["data"]
                # Gives back a future: the acknowledgement is not awaited.
                await producer.send(topic, json.dumps(event).encode(), key=event["s"].encode(),
                                    headers=[("received_us", received), ("source", b"ws"), ("collector", b"bench")])
    except websockets.ConnectionClosed:
        pass
    finally:
        await producer.stop()


asyncio.run(main(*sys.argv[1:]))
