// queue-nodes: nodes are given back, and nobody can reach one that was.
#include "tests/sim/oracle_events.h"

namespace lockstep {
namespace {

// Takes node `index` of its CPU and publishes it as A's tail.
void queues(History& h, unsigned cpu, unsigned index = 0) {
    h.wants(cpu, A);
    h.node(cpu, cpu, kNodeCount, index + 1);
    h.word(cpu, A, half_tail(cpu, index), 2, 2);
}

TEST(QueueNodes, AWaiterThatGivesItsNodeBackIsInOrder) {
    History h("queue-nodes");
    queues(h, 1);
    h.word(1, A, 1);
    h.node(1, 1, kNodeCount, 0);
    h.gets(1, A);
    h.releases(1, A);
    EXPECT_EQ(h.said(), "");
}

TEST(QueueNodes, ANodeNotGivenBackIsALeak) {
    History h("queue-nodes");
    queues(h, 1);
    h.word(1, A, 1);
    h.gets(1, A);
    EXPECT_EQ(h.said(), "queue-nodes leak");
}

TEST(QueueNodes, ANodeGivenBackTwiceIsAnUnderflow) {
    History h("queue-nodes");
    queues(h, 1);
    h.word(1, A, 1);
    h.node(1, 1, kNodeCount, 0xffffffff);
    h.gets(1, A);
    EXPECT_EQ(h.said(), "queue-nodes underflow");
}

TEST(QueueNodes, ACountWrittenByAnotherCpuIsForeign) {
    History h("queue-nodes");
    h.wants(1, A);
    h.node(2, 1, kNodeCount, 1);
    EXPECT_EQ(h.said(), "queue-nodes foreign");
}

TEST(QueueNodes, ATailThatNamesAWaiterThatLeftIsDangling) {
    History h("queue-nodes");
    queues(h, 1);
    h.node(1, 1, kNodeCount, 0);
    h.gets(1, A, kDeadlock);
    EXPECT_EQ(h.said(), "queue-nodes dangling");
}

TEST(QueueNodes, ATailMayNameTheNodeBelowTheOneThatLeft) {
    for (const unsigned index : {0U, 1U}) {
        History h("queue-nodes");
        queues(h, 1);
        h.enter(1, Context::nmi);
        h.wants(1, A);
        h.node(1, 1, kNodeCount, 2);
        h.word(1, A, half_tail(1, index), 2, 2);
        h.node(1, 1, kNodeCount, 1);
        h.gets(1, A, kDeadlock);
        EXPECT_EQ(h.said(), index == 0 ? "" : "queue-nodes dangling");
    }
}

TEST(QueueNodes, TheTailOfManyCpusIsReadByItsLayout) {
    for (const unsigned cpu : {1U, 2U}) {
        History h("queue-nodes");
        for (LockFacts& facts : h.setup.locks)
            facts.word = {WordLayout::Shape::queued, 0xff, 0x100, 0xfffffe00, 9, 11};
        h.wants(1, A);
        h.node(1, 1, kNodeCount, 1);
        h.word(1, A, (cpu + 1) << 11);
        h.node(1, 1, kNodeCount, 0);
        h.gets(1, A, kTimeout);
        EXPECT_EQ(h.said(), cpu == 1 ? "queue-nodes dangling" : "");
    }
}

TEST(QueueNodes, ALinkToAWaiterThatLeftUnservedIsDangling) {
    History h("queue-nodes");
    queues(h, 1);
    queues(h, 2);
    h.node(2, 1, kNodeNext, h.node_address(2, 0));
    h.word(2, A, 0, 2, 2);
    h.node(2, 2, kNodeCount, 0);
    h.gets(2, A, kTimeout);
    EXPECT_EQ(h.said(), "queue-nodes dangling");
}

TEST(QueueNodes, AWaiterThatWasMadeHeadMayLeave) {
    History h("queue-nodes");
    queues(h, 1);
    queues(h, 2);
    h.node(2, 1, kNodeNext, h.node_address(2, 0));
    h.node(1, 2, kNodeLocked, 1);
    h.word(2, A, 1);
    h.node(2, 2, kNodeCount, 0);
    h.gets(2, A);
    EXPECT_EQ(h.said(), "");
    h.node(1, 1, kNodeCount, 0);
    h.gets(1, A, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(QueueNodes, AWaiterThatSomebodyElseMadeHeadMayLeaveBeforeItsLinkIsUsed) {
    for (const bool granted : {false, true}) {
        History h("queue-nodes");
        queues(h, 1);
        queues(h, 2);
        h.node(2, 1, kNodeNext, h.node_address(2, 0));
        if (granted) h.node(0, 2, kNodeLocked, 1);
        h.word(2, A, 1);
        h.node(2, 2, kNodeCount, 0);
        h.gets(2, A);
        EXPECT_EQ(h.said(), granted ? "" : "queue-nodes dangling");
    }
}

TEST(QueueNodes, AFlushedWaiterMayLeaveBeforeWhoFlushedIt) {
    History h("queue-nodes");
    queues(h, 1);
    queues(h, 2);
    h.node(2, 1, kNodeNext, h.node_address(2, 0));
    h.word(1, A, 0, 2, 2);
    h.node(1, 2, kNodeLocked, 2);
    h.node(2, 2, kNodeCount, 0);
    h.gets(2, A, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(QueueNodes, ALinkIsForgottenWhenTheNodeIsTakenAnew) {
    History h("queue-nodes");
    queues(h, 1);
    queues(h, 2);
    h.node(2, 1, kNodeNext, h.node_address(2, 0));
    h.word(1, A, half_tail(2), 2, 2);
    h.node(1, 1, kNodeCount, 0);
    h.gets(1, A, kTimeout);
    h.wants(1, B);
    h.node(1, 1, kNodeCount, 1);
    h.word(2, A, 0, 2, 2);
    h.node(2, 2, kNodeCount, 0);
    h.gets(2, A, kTimeout);
    EXPECT_EQ(h.said(), "");
}

TEST(QueueNodes, AnNmiInsideAWaiterGivesBackItsOwnNodeOnly) {
    History h("queue-nodes");
    queues(h, 1);
    h.enter(1, Context::nmi);
    h.wants(1, B);
    h.node(1, 1, kNodeCount, 2);
    h.node(1, 1, kNodeCount, 1);
    h.gets(1, B, kDeadlock);
    h.leave(1);
    h.word(1, A, 1);
    h.node(1, 1, kNodeCount, 0);
    h.gets(1, A);
    EXPECT_EQ(h.said(), "");
}

TEST(QueueNodes, APortWithoutNodesIsNotJudged) {
    History h("queue-nodes");
    for (LockFacts& facts : h.setup.locks) facts.nodes.nodes = 0;
    queues(h, 1);
    h.gets(1, A);
    EXPECT_EQ(h.said(), "");
}

}  // namespace
}  // namespace lockstep
