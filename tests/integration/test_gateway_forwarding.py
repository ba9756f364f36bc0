"""What the gateway passes on between a client and a service, over real sockets."""

from tests.gateway_world import edge


async def test_a_request_and_its_answer_pass_as_they_are() -> None:
    async with edge() as at:
        answer = await at.client.post(
            "/api/v1/venues?name=Gr%C3%BCn%20Hall&x=a+b", content=b"\x00 raw \xff", headers=await at.headers()
        )
        assert (answer.status_code, answer.content) == (200, b"\x00 raw \xff")
        assert answer.headers["content-type"] == "application/octet-stream"
        asked = at.service.last
    assert (asked.method, asked.target) == ("POST", b"/api/v1/venues?name=Gr%C3%BCn%20Hall&x=a+b")
