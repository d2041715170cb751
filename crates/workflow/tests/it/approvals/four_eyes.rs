//! Who decides.

use entity::values::ApprovalStatus;
use testkit::on_both_engines;
use workflow::{
    Error,
    approvals::{self, NewApproval},
};

use super::*;

fn asking(approvers: &[&str], quorum: i64) -> NewApproval {
    NewApproval {
        approvers: approvers.iter().map(|&email| email.to_owned()).collect(),
        quorum,
        ..proposal()
    }
}

on_both_engines! {
    async fn what_a_program_proposes_its_user_decides_in_person_alone(db) {
        let ctx = db.ctx().await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, proposal()).await;
        // Neither the same program nor another of the same user.
        for program in [worker, program(&ctx, &db.database)] {
            let refused = approve(&program, asked.id).await.unwrap_err();
            assert!(matches!(refused, Error::OwnProposal { .. }), "{refused}");
        }
        approve(&ctx, asked.id).await.unwrap();
    }

    async fn what_a_person_proposes_somebody_else_decides(db) {
        let ctx = db.ctx().await;
        let bob = person(&ctx, &db.database, BOB).await;
        let lease = running(&ctx, "chat-1").await;
        // Nobody else is asked: nobody could decide.
        let refused = try_propose(&ctx, &lease, proposal()).await.unwrap_err();
        assert!(matches!(refused, Error::Invalid { field: "/quorum", .. }), "{refused}");
        let asked = propose(&ctx, &lease, asking(&[BOB], 1)).await;
        for own in [ctx.clone(), program(&ctx, &db.database)] {
            let refused = approve(&own, asked.id).await.unwrap_err();
            assert!(matches!(refused, Error::OwnProposal { .. }), "{refused}");
        }
        let bob = entered(&bob, asked.id).await.unwrap();
        approve(&bob, asked.id).await.unwrap();
    }

    async fn who_proposes_in_person_may_allow_themselves_to_vote(db) {
        let ctx = db.ctx().await;
        let lease = running(&ctx, "chat-1").await;
        let new = NewApproval { allows_self_vote: true, ..proposal() };
        let asked = propose(&ctx, &lease, new).await;
        approve(&ctx, asked.id).await.unwrap();
    }

    async fn it_takes_as_many_as_the_quorum_and_each_has_one_vote(db) {
        let ctx = db.ctx().await;
        let bob = person(&ctx, &db.database, BOB).await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, asking(&[BOB], 2)).await;
        let bob = entered(&bob, asked.id).await.unwrap();
        assert_eq!(approve(&bob, asked.id).await.unwrap().status, ApprovalStatus::Pending);
        for again in [approve(&bob, asked.id).await, reject(&bob, asked.id).await] {
            assert!(matches!(again.unwrap_err(), Error::AlreadyVoted { .. }));
        }
        assert_eq!(find(&ctx, asked.id).await.status, ApprovalStatus::Pending);
        assert_eq!(approve(&ctx, asked.id).await.unwrap().status, ApprovalStatus::Approved);
        let votes = approvals::votes_on(&ctx, &ctx.database, asked.id).await.unwrap();
        let voters: Vec<UserId> = votes.iter().map(|vote| vote.voter_user_id).collect();
        assert_eq!(voters, [bob.actor.user_id.unwrap(), ctx.scope]);
    }

    async fn one_who_rejects_is_enough(db) {
        let ctx = db.ctx().await;
        let bob = person(&ctx, &db.database, BOB).await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, asking(&[BOB], 2)).await;
        approve(&ctx, asked.id).await.unwrap();
        let bob = entered(&bob, asked.id).await.unwrap();
        assert_eq!(reject(&bob, asked.id).await.unwrap().status, ApprovalStatus::Rejected);
    }

    async fn who_is_not_asked_gets_nowhere(db) {
        let ctx = db.ctx().await;
        let bob = person(&ctx, &db.database, BOB).await;
        let eve = person(&ctx, &db.database, "eve@example.org").await;
        let worker = program(&ctx, &db.database);
        let lease = running(&ctx, "chat-1").await;
        let asked = propose(&worker, &lease, asking(&[BOB, "Bob@Example.org"], 1)).await;
        assert!(entered(&eve, asked.id).await.is_none());
        let refused = approve(&eve, asked.id).await.unwrap_err();
        assert!(matches!(refused, Error::ApprovalNotFound { .. }), "{refused}");
        let mine = |who: Ctx| async move {
            let page = db::page::Page { after: None, limit: 10 };
            identity::approvers::asking_me(&who, &who.shared(), &page).await.unwrap().items
        };
        assert!(mine(eve).await.is_empty());
        assert_eq!(mine(bob.clone()).await.len(), 1);
        // Who has been let in for one approval is not asked about another.
        let second = running(&ctx, "chat-2").await;
        let other = propose(&worker, &second, proposal()).await;
        let bob = entered(&bob, asked.id).await.unwrap();
        let refused = approve(&bob, other.id).await.unwrap_err();
        assert!(matches!(refused, Error::ApprovalNotFound { .. }), "{refused}");
        approve(&bob, asked.id).await.unwrap();
    }
}
